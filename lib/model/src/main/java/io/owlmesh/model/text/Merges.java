// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

/** Which two neighbours may become one piece, and which first. */
@FunctionalInterface
interface Merges {
  /** The score of neighbours that are never merged. */
  float NEVER = Float.NEGATIVE_INFINITY;

  /**
   * The score of merging {@code text[start, middle)} and {@code text[middle, end)}: the largest in
   * the text merges first.
   */
  float score(String text, int start, int middle, int end);
}
