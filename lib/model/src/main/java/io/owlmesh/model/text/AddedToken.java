// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

/**
 * A token that was added to a vocabulary afterwards; names and meanings are those of Hugging Face.
 *
 * @param content its spelling, literally
 * @param special whether it is a mark between tokens, which no text may become
 * @param normalized whether it is looked for in normalised text, not in the text as it is
 * @param singleWord whether it counts only where no letter or digit touches it
 * @param lstrip whether it takes white space before it along
 * @param rstrip whether it takes white space behind it along
 */
record AddedToken(
    int id,
    String content,
    boolean special,
    boolean normalized,
    boolean singleWord,
    boolean lstrip,
    boolean rstrip) {
  AddedToken withContent(String other) {
    return new AddedToken(id, other, special, normalized, singleWord, lstrip, rstrip);
  }
}
