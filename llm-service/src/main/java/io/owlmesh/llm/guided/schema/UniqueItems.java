// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.schema;

import io.owlmesh.llm.guided.automaton.BoundedAutomata;
import java.util.List;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.Transition;

/** Arrays of some values, none of them twice: a state for each set of those that have come. */
final class UniqueItems {
  /** Values to choose from: each doubles the states. */
  static final int MAX_VALUES = 8;

  private final List<Automaton> values;
  private final int min;
  private final int max;
  private final Automaton.Builder result = new Automaton.Builder();
  // States in which the next item begins, after a comma and after its space, by what has come.
  private final int[] commas;
  private final int[] spaces;
  private final int end;

  /**
   * @param values each as JSON, at most {@link #MAX_VALUES}
   */
  UniqueItems(List<Automaton> values, int min, int max) {
    this.values = values;
    this.min = min;
    this.max = max;
    this.commas = new int[1 << values.size()];
    this.spaces = new int[commas.length];
    result.createState();
    this.end = result.createState();
    result.setAccept(end, true);
  }

  Automaton automaton() {
    BoundedAutomata.check(
        (commas.length / 2) * values.stream().mapToLong(BoundedAutomata::size).sum());
    for (int set = 0; set < commas.length; set++) {
      commas[set] = result.createState();
      spaces[set] = result.createState();
      if (set > 0) {
        result.addTransition(commas[set], spaces[set], ' ');
      }
    }
    result.addTransition(0, commas[0], '[');
    if (min == 0) {
      result.addTransition(commas[0], end, ']');
    }
    for (int set = 0; set < commas.length; set++) {
      for (int i = 0; i < values.size(); i++) {
        if ((set >> i & 1) == 0 && Integer.bitCount(set) < max) {
          item(set, values.get(i), set | 1 << i);
        }
      }
    }
    return Operations.removeDeadStates(result.finish());
  }

  private void item(int before, Automaton value, int after) {
    int start = result.getNumStates();
    result.copy(value);
    Transition t = new Transition();
    int first = value.initTransition(0, t);
    for (int i = 0; i < first; i++) {
      value.getNextTransition(t);
      result.addTransition(commas[before], start + t.dest, t.min, t.max);
      result.addTransition(spaces[before], start + t.dest, t.min, t.max);
    }
    for (int s = 0; s < value.getNumStates(); s++) {
      if (value.isAccept(s)) {
        result.setAccept(start + s, false);
        result.addTransition(start + s, commas[after], ',');
        if (Integer.bitCount(after) >= min) {
          result.addTransition(start + s, end, ']');
        }
      }
    }
  }
}
