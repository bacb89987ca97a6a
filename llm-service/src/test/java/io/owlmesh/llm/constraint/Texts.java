// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.constraint;

import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.ByteRunAutomaton;

/** Whether an automaton accepts texts. */
final class Texts {
  private Texts() {}

  static Predicate<String> of(Automaton automaton) {
    ByteRunAutomaton table = Bounded.table(automaton);
    return text -> {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      return table.run(bytes, 0, bytes.length);
    };
  }
}
