// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

/** The ids of one sequence so far, as far as choosing its next token depends on them. */
public interface TokenHistory {
  /** Nothing came before. */
  TokenHistory NONE =
      new TokenHistory() {
        @Override
        public int length() {
          return 0;
        }

        @Override
        public int promptLength() {
          return 0;
        }

        @Override
        public int id(int position) {
          throw new IndexOutOfBoundsException(position);
        }
      };

  /** Positions of prompt and answer. */
  int length();

  /** Positions of the prompt. */
  int promptLength();

  /** The id of a position; negative at visual ones. */
  int id(int position);
}
