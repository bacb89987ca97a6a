// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/** The sizes of a language model that its users need. */
public interface LanguageConfig {
  /** Ids that are embedded and scored. */
  int vocabulary();

  /** Hidden size H: channels of a visual token. */
  int width();

  int layers();

  /** Heads of keys and values in the cache. */
  int keyValueHeads();

  /** Channels of one head. */
  int headSize();

  /** Positions that the model was trained for, tokens. */
  int context();

  /** Id that begins a sequence. */
  int bos();

  /** Id that ends an answer. */
  int eos();

  /**
   * The network.
   *
   * @param prefix of the names of all its tensors
   */
  NetworkSpec network(String prefix);

  /**
   * Tensors that may be absent, each with the one that then stands in for it.
   *
   * @param prefix as above
   */
  Map<String, String> tiedTensors(String prefix);

  /** The same, deeper or shallower. */
  LanguageConfig withLayers(int count);

  /** Writes the {@code text_config} that this was read from. */
  void write(ObjectNode node);
}
