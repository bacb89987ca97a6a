// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.synthetic;

/**
 * The size of a picture book.
 *
 * @param imageSize side of a picture, pixels
 * @param pretrain texts for the language model alone
 * @param align pictures with captions
 * @param instructImage dialogues about pictures
 * @param instructText dialogues without
 * @param test questions of each skill and language
 */
public record BookOptions(
    long seed,
    int imageSize,
    int pretrain,
    int align,
    int instructImage,
    int instructText,
    int test) {
  /** As the nano model learns from. */
  public static final BookOptions DEFAULTS =
      new BookOptions(7, 64, 120_000, 160_000, 80_000, 30_000, 200);
}
