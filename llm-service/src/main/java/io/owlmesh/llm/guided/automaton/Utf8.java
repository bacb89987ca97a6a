// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.automaton;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.UTF32ToUTF8;

/** Characters as automata over the bytes of their UTF-8. */
public final class Utf8 {
  private static final int END = Character.MAX_CODE_POINT + 1;

  // First characters of one, two, three and four bytes. Of ranges across them the library accepts
  // overlong encodings too, which does no harm to those who only read.
  private static final int[] LENGTHS = {0, 0x80, 0x800, 0x10000, END};

  /** Any character. */
  public static final Automaton ANY = oneOf(except(new BitSet()));

  private Utf8() {}

  /** One text; none if it has half a surrogate pair, for which there is no UTF-8. */
  public static Automaton text(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text)
        ? Automata.makeBinary(new BytesRef(text))
        : Automata.makeEmpty();
  }

  /** All characters but those of a set. */
  public static BitSet except(BitSet characters) {
    BitSet others = (BitSet) characters.clone();
    others.flip(0, END);
    return others;
  }

  /** One character of a set of code points; surrogates, which have no UTF-8, are none. */
  public static Automaton oneOf(BitSet characters) {
    BitSet valid = (BitSet) characters.clone();
    valid.clear(Character.MIN_SURROGATE, Character.MAX_SURROGATE + 1);
    Automaton set = new Automaton();
    int from = set.createState();
    for (int i = 0; i + 1 < LENGTHS.length; i++) {
      // An end for each, because ranges that meet and lead to the same state become one.
      int to = set.createState();
      set.setAccept(to, true);
      for (int min = valid.nextSetBit(LENGTHS[i]); min >= 0 && min < LENGTHS[i + 1]; ) {
        int end = Math.min(valid.nextClearBit(min), LENGTHS[i + 1]);
        set.addTransition(from, to, min, end - 1);
        min = valid.nextSetBit(end);
      }
    }
    set.finishState();
    // As few states as can be: a text of 1000 characters has 1000 copies of them.
    return BoundedAutomata.minimal(new UTF32ToUTF8().convert(set));
  }
}
