// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.automaton;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.ByteRunAutomaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.TooComplexToDeterminizeException;
import org.apache.lucene.util.automaton.Transition;

/**
 * Operations of automata over bytes that stop before a result grows too large. The library limits
 * determinising alone: {@code (a{9999}){9999}} would fill the memory long before that.
 */
public final class BoundedAutomata {
  public static final int UNLIMITED = -1;
  static final int MAX_STATES = 20_000;
  private static final int MAX_SIZE = 500_000;
  private static final int WORK = 50_000;

  /** An automaton would become too large. */
  public static final class TooLargeException extends RuntimeException {
    public TooLargeException() {
      super("needs an automaton of more than " + MAX_STATES + " states, or too much work to build");
    }
  }

  private BoundedAutomata() {}

  /** Refuses a result of so many states and transitions. */
  public static void check(long size) {
    if (size > MAX_SIZE) {
      throw new TooLargeException();
    }
  }

  public static long size(Automaton automaton) {
    return (long) automaton.getNumStates() + automaton.getNumTransitions();
  }

  /** Texts of one part after the other. */
  public static Automaton concat(Automaton... parts) {
    return concat(List.of(parts));
  }

  /** As above. */
  public static Automaton concat(List<Automaton> parts) {
    long size = 0;
    // Transitions that begin what follows a part: each of the part's ends gets them.
    long follow = 0;
    for (Automaton part : parts.reversed()) {
      if (part.getNumStates() == 0) {
        return Automata.makeEmpty();
      }
      size += size(part) + follow * part.getAcceptStates().cardinality();
      follow = part.getNumTransitions(0) + (part.isAccept(0) ? follow : 0);
      check(size);
    }
    return Operations.concatenate(parts);
  }

  /** Texts of any part. */
  public static Automaton union(List<Automaton> parts) {
    check(parts.stream().mapToLong(BoundedAutomata::size).sum());
    return parts.size() == 1 ? parts.getFirst() : Operations.union(parts);
  }

  /**
   * Texts of a part again and again.
   *
   * @param max times; or {@link #UNLIMITED}
   */
  public static Automaton repeat(Automaton part, int min, int max) {
    if (part.getNumStates() == 0) {
      return min == 0 ? Automata.makeEmptyString() : Automata.makeEmpty();
    }
    if (max == 0) {
      return Automata.makeEmptyString();
    }
    long links = (long) part.getAcceptStates().cardinality() * part.getNumTransitions(0);
    if (max != UNLIMITED) {
      check(max * (size(part) + links));
      // A part that may be empty takes the place of any number of others.
      int least = part.isAccept(0) ? 0 : min;
      Automaton copies = copies(part, least, max);
      return least == 0 ? Operations.optional(copies) : copies;
    }
    check(size(part) + 2 * links);
    Automaton any = Operations.repeat(part);
    return min == 0 ? any : concat(repeat(part, min, min), any);
  }

  /** From {@code max(min, 1)} to max copies, each linked to the next. */
  private static Automaton copies(Automaton part, int min, int max) {
    Automaton.Builder result = new Automaton.Builder();
    int states = part.getNumStates();
    Transition t = new Transition();
    for (int copy = 0; copy < max; copy++) {
      result.copy(part);
      for (int s = 0; s < states; s++) {
        if (part.isAccept(s)) {
          result.setAccept(copy * states + s, copy + 1 >= min);
          int first = part.initTransition(0, t);
          for (int i = 0; i < first && copy + 1 < max; i++) {
            part.getNextTransition(t);
            result.addTransition(copy * states + s, (copy + 1) * states + t.dest, t.min, t.max);
          }
        }
      }
    }
    return Operations.removeDeadStates(result.finish());
  }

  public static Automaton optional(Automaton part) {
    return Operations.optional(part);
  }

  /** Texts of both. */
  public static Automaton intersection(Automaton left, Automaton right) {
    if (left.getNumStates() == 0 || right.getNumStates() == 0) {
      return Automata.makeEmpty();
    }
    Transition[][] lefts = left.getSortedTransitions();
    Transition[][] rights = right.getSortedTransitions();
    Automaton.Builder result = new Automaton.Builder();
    Map<Pair, Integer> states = new HashMap<>();
    Deque<Pair> open = new ArrayDeque<>();
    open.add(new Pair(0, 0));
    states.put(open.element(), result.createState());
    long size = 0;
    // Pairs leave the queue in the order of their states.
    int state = 0;
    for (Pair from = open.poll(); from != null; from = open.poll(), state++) {
      result.setAccept(state, left.isAccept(from.left) && right.isAccept(from.right));
      size += 1 + (long) lefts[from.left].length * rights[from.right].length;
      check(size);
      for (Transition a : lefts[from.left]) {
        for (Transition b : rights[from.right]) {
          int min = Math.max(a.min, b.min);
          int max = Math.min(a.max, b.max);
          if (min <= max) {
            Pair to = new Pair(a.dest, b.dest);
            Integer known = states.putIfAbsent(to, result.getNumStates());
            if (known == null) {
              known = result.createState();
              open.add(to);
            }
            result.addTransition(state, known, min, max);
          }
        }
      }
    }
    return Operations.removeDeadStates(result.finish());
  }

  private record Pair(int left, int right) {}

  /** Texts of the first but those of the others. */
  public static Automaton minus(Automaton from, List<Automaton> others) {
    if (others.isEmpty() || from.getNumStates() == 0) {
      return from;
    }
    return intersection(from, complement(union(others)));
  }

  /** All other sequences of bytes. */
  static Automaton complement(Automaton of) {
    try {
      return Operations.complement(of, WORK);
    } catch (TooComplexToDeterminizeException _) {
      throw new TooLargeException();
    }
  }

  /** The same texts, with one way to read each. */
  public static Automaton deterministic(Automaton automaton) {
    try {
      return Operations.removeDeadStates(Operations.determinize(automaton, WORK));
    } catch (TooComplexToDeterminizeException _) {
      throw new TooLargeException();
    }
  }

  /** The same texts with as few states as can be: turned around twice (Brzozowski, 1962). */
  static Automaton minimal(Automaton automaton) {
    Automaton reversed = deterministic(Operations.reverse(automaton));
    return deterministic(Operations.reverse(reversed));
  }

  /** A table to run, in which every state can reach an end. */
  public static ByteRunAutomaton table(Automaton automaton) {
    Automaton deterministic = deterministic(automaton);
    if (deterministic.getNumStates() > MAX_STATES) {
      throw new TooLargeException();
    }
    return new ByteRunAutomaton(deterministic, true);
  }
}
