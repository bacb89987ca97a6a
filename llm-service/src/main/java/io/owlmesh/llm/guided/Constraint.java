// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.runtime.language.LogitsProcessor;
import io.owlmesh.runtime.language.TokenHistory;
import java.util.BitSet;
import java.util.List;
import org.apache.lucene.util.automaton.ByteRunAutomaton;

/**
 * Lets those tokens come after which an automaton can still reach an end, and the end of the
 * sequence where it has reached one. One serves any number of answers at a time.
 */
public final class Constraint implements LogitsProcessor {
  // Of a vocabulary of 32,000, two megabytes.
  private static final int MASKS = 512;
  private static final int BEGIN = -1;

  private final ByteRunAutomaton automaton;
  private final TokenBytes first;
  private final TokenBytes later;
  private final int eos;
  private final Cache<Integer, BitSet> masks =
      Caffeine.newBuilder().maximumSize(MASKS).executor(Runnable::run).build();

  /**
   * @param automaton over bytes, in which every state can reach an end
   * @param first spellings of tokens that begin an answer
   * @param later spellings of all others
   */
  Constraint(ByteRunAutomaton automaton, TokenBytes first, TokenBytes later, int eos) {
    this.automaton = automaton;
    this.first = first;
    this.later = later;
    this.eos = eos;
  }

  @Override
  public void apply(float[] logits, TokenHistory history) {
    int begin = history.promptLength();
    int state = 0;
    for (int i = begin; i < history.length() && state != TokenBytes.DEAD; i++) {
      state = (i == begin ? first : later).step(automaton, state, history.id(i));
    }
    if (state == TokenBytes.DEAD) {
      throw new OwlException(Fault.INTERNAL, "", "the answer left its constraint");
    }
    BitSet allowed =
        history.length() == begin
            ? masks.get(BEGIN, _ -> mask(first, 0))
            : masks.get(state, s -> mask(later, s));
    if (allowed.isEmpty()) {
      throw new OwlException(Fault.INTERNAL, "", "the constraint lets no token come");
    }
    for (int id = allowed.nextClearBit(0); id < logits.length; id = allowed.nextClearBit(id + 1)) {
      logits[id] = Float.NEGATIVE_INFINITY;
    }
  }

  /**
   * How far ids may begin an answer.
   *
   * @return the index of the first that may not come after those before it; their number if all may
   */
  public int firstRefused(List<Integer> ids) {
    int state = 0;
    for (int i = 0; i < ids.size(); i++) {
      state = (i == 0 ? first : later).step(automaton, state, ids.get(i));
      if (state == TokenBytes.DEAD) {
        return i;
      }
    }
    return ids.size();
  }

  private BitSet mask(TokenBytes spellings, int state) {
    BitSet mask = spellings.allowed(automaton, state);
    mask.set(eos, automaton.isAccept(state));
    return mask;
  }
}
