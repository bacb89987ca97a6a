// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided;

import io.owlmesh.model.text.Tokenizer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;
import org.apache.lucene.util.automaton.ByteRunAutomaton;

/**
 * The bytes that each token adds to an answer, sorted, so that what tokens begin with in common is
 * walked once: a trie in two arrays. Immutable.
 */
final class TokenBytes {
  /** The state of a text that no end can follow. */
  static final int DEAD = -1;

  private final byte[][] bytes;
  private final int[] order;
  // Bytes that a token has in common with the one before it in order.
  private final int[] shared;
  private final int longest;

  /**
   * @param first whether the tokens are the first of an answer
   */
  TokenBytes(Tokenizer tokenizer, boolean first) {
    bytes = new byte[tokenizer.size()][];
    for (int id = 0; id < bytes.length; id++) {
      bytes[id] = tokenizer.bytes(id, first);
    }
    // Marks, and a space that is taken away, would add nothing, and could be added for ever.
    order =
        IntStream.range(0, bytes.length)
            .filter(id -> bytes[id].length > 0)
            .boxed()
            .sorted((a, b) -> Arrays.compareUnsigned(bytes[a], bytes[b]))
            .mapToInt(Integer::intValue)
            .toArray();
    shared = new int[order.length];
    for (int i = 1; i < order.length; i++) {
      int differs = Arrays.mismatch(bytes[order[i - 1]], bytes[order[i]]);
      shared[i] = differs < 0 ? bytes[order[i]].length : differs;
    }
    longest = Arrays.stream(bytes).mapToInt(one -> one.length).max().orElse(0);
  }

  /** The state after a token; {@link #DEAD} also if it adds nothing. */
  int step(ByteRunAutomaton automaton, int state, int id) {
    if (id < 0 || id >= bytes.length || bytes[id].length == 0) {
      return DEAD;
    }
    int now = state;
    for (byte b : bytes[id]) {
      now = automaton.step(now, b & 0xFF);
      if (now == DEAD) {
        return DEAD;
      }
    }
    return now;
  }

  /** The tokens that may come in a state. */
  BitSet allowed(ByteRunAutomaton automaton, int state) {
    BitSet allowed = new BitSet(bytes.length);
    int[] states = new int[longest + 1];
    states[0] = state;
    // Length of the shortest beginning of the token before that is dead.
    int dead = longest + 1;
    for (int i = 0; i < order.length; i++) {
      if (shared[i] >= dead) {
        continue;
      }
      byte[] spelling = bytes[order[i]];
      int at = shared[i];
      while (at < spelling.length && states[at] != DEAD) {
        states[at + 1] = automaton.step(states[at], spelling[at] & 0xFF);
        at++;
      }
      boolean alive = states[at] != DEAD;
      allowed.set(order[i], alive);
      dead = alive ? longest + 1 : at;
    }
    return allowed;
  }
}
