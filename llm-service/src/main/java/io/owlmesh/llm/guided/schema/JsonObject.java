// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.schema;

import io.owlmesh.llm.guided.automaton.BoundedAutomata;
import io.owlmesh.llm.guided.schema.JsonText.Property;
import java.util.List;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.Transition;

/**
 * Objects whose properties come in order, optional ones or not. Each member is copied once, however
 * many optional ones before it may be left out.
 */
final class JsonObject {
  private final List<Automaton> members;
  private final List<Property> properties;
  private final Automaton.Builder result = new Automaton.Builder();
  // First state of each member's copy.
  private final int[] starts;

  /**
   * @param members of the properties: name, colon, value
   */
  JsonObject(List<Automaton> members, List<Property> properties) {
    this.members = members;
    this.properties = properties;
    this.starts = new int[members.size()];
  }

  Automaton automaton() {
    int count = members.size();
    BoundedAutomata.check(
        2 * members.stream().mapToLong(BoundedAutomata::size).sum() + 2L * count * count);
    int outside = result.createState();
    int open = result.createState();
    int end = result.createState();
    result.setAccept(end, true);
    result.addTransition(outside, open, '{');
    for (int i = 0; i < count; i++) {
      starts[i] = result.getNumStates();
      result.copy(members.get(i));
    }
    begin(open, 0);
    endIfAllThere(open, 0, end);
    for (int i = 0; i < count; i++) {
      int comma = result.createState();
      int space = result.createState();
      result.addTransition(comma, space, ' ');
      begin(comma, i + 1);
      begin(space, i + 1);
      Automaton member = members.get(i);
      for (int s = 0; s < member.getNumStates(); s++) {
        if (member.isAccept(s)) {
          result.setAccept(starts[i] + s, false);
          result.addTransition(starts[i] + s, comma, ',');
          endIfAllThere(starts[i] + s, i + 1, end);
        }
      }
    }
    return Operations.removeDeadStates(result.finish());
  }

  /** Leads to each member from an index on, to the first that may not be left out. */
  private void begin(int state, int index) {
    Transition t = new Transition();
    for (int i = index; i < members.size(); i++) {
      int first = members.get(i).initTransition(0, t);
      for (int j = 0; j < first; j++) {
        members.get(i).getNextTransition(t);
        result.addTransition(state, starts[i] + t.dest, t.min, t.max);
      }
      if (properties.get(i).required()) {
        return;
      }
    }
  }

  private void endIfAllThere(int state, int index, int end) {
    if (properties.stream().skip(index).noneMatch(Property::required)) {
      result.addTransition(state, end, '}');
    }
  }
}
