// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family;

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
}
