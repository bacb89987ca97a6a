// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.automaton;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.llm.guided.GuidedTexts;
import java.util.BitSet;
import java.util.Random;
import java.util.function.Predicate;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Transition;
import org.junit.jupiter.api.Test;

class Utf8Test {
  @Test
  void aSetAcceptsItsCharactersAndNoOthers() {
    Random random = new Random(3);
    BitSet set = new BitSet();
    for (int i = 0; i < 30; i++) {
      int from = random.nextInt(Character.MAX_CODE_POINT) >> random.nextInt(12);
      set.set(from, from + 1 + random.nextInt(3000));
    }
    Predicate<String> accepts = GuidedTexts.of(Utf8.oneOf(set));

    assertThat(texts(Utf8.oneOf(set))).isEqualTo(set.cardinality() - surrogates(set));
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      boolean surrogate = c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
      if (!surrogate && accepts.test(Character.toString(c)) != set.get(c)) {
        throw new AssertionError(Integer.toHexString(c));
      }
    }
  }

  /** How many byte strings a minimal automaton without circles accepts. */
  private static long texts(Automaton automaton) {
    return texts(automaton, 0);
  }

  private static long texts(Automaton automaton, int state) {
    long texts = automaton.isAccept(state) ? 1 : 0;
    Transition t = new Transition();
    int count = automaton.initTransition(state, t);
    for (int i = 0; i < count; i++) {
      automaton.getNextTransition(t);
      texts += (t.max - t.min + 1) * texts(automaton, t.dest);
    }
    return texts;
  }

  private static int surrogates(BitSet set) {
    return set.get(Character.MIN_SURROGATE, Character.MAX_SURROGATE + 1).cardinality();
  }

  @Test
  void anyCharacterTakesFewStatesAndHasNoOtherBytes() {
    Automaton any = Utf8.ANY;
    assertThat(any.getNumStates()).isEqualTo(9);
    assertThat(texts(any)).isEqualTo(0x110000 - 0x800);
  }
}
