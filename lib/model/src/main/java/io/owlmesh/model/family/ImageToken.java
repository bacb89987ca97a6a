// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family;

import io.owlmesh.core.OwlException;
import io.owlmesh.model.json.ConfigReader;
import io.owlmesh.model.text.Tokenizer;

/** The id that holds the place of an image in the prompts of other programs. */
public final class ImageToken {
  private static final String NAME = "<image>";

  private ImageToken() {}

  /** As config.json tells it, under its older or its newer name. */
  public static int read(ConfigReader config, int absent, int vocabulary) {
    int older = config.number("image_token_index", absent, 0, vocabulary - 1);
    int newer = config.number("image_token_id", older, 0, vocabulary - 1);
    config.require(
        newer == older || !config.isPresent("image_token_index"),
        "image_token_index is %d, but image_token_id %d".formatted(older, newer));
    return newer;
  }

  /**
   * Refuses a tokeniser to which the id is something else.
   *
   * @param id the size of the vocabulary where there is none
   * @throws OwlException BAD_CHECKPOINT, field {@code config.json}
   */
  public static void require(int id, int vocabulary, Tokenizer tokenizer) {
    boolean isText = id < tokenizer.size() && !tokenizer.isMark(id);
    int place = tokenizer.mark(NAME).orElse(id);
    if (id < vocabulary && (place != id || isText)) {
      String there =
          isText ? "that is '" + tokenizer.shown(id, false) + "'" : NAME + " is " + place;
      throw OwlException.badCheckpoint(
          "config.json", "image_token_index is %d, but to the tokenizer %s".formatted(id, there));
    }
  }
}
