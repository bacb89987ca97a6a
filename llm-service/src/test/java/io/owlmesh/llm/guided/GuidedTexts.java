// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided;

import io.owlmesh.llm.guided.automaton.BoundedAutomata;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.ByteRunAutomaton;

/** Whether an automaton accepts texts. */
public final class GuidedTexts {
  private GuidedTexts() {}

  public static Predicate<String> of(Automaton automaton) {
    ByteRunAutomaton table = BoundedAutomata.table(automaton);
    return text -> {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      return table.run(bytes, 0, bytes.length);
    };
  }
}
