// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.automaton;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.regex.PatternSyntaxException;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;

/**
 * Reads the regular expressions that {@code java.util.regex} and ECMA-262 understand alike, and
 * refuses all else by name. The automaton library's own dialect gives quotes and {@code .} another
 * meaning and takes {@code ^} and {@code (?:} for plain characters.
 */
public final class RegexParser extends RegexReader {
  // Deep enough for people, and no danger for the stack.
  private static final int MAX_GROUPS = 100;
  private static final int MAX_LOOKAHEADS = 10;
  private static final Automaton ANYTHING =
      BoundedAutomata.repeat(Utf8.ANY, 0, BoundedAutomata.UNLIMITED);
  private static final Automaton ANY_BUT_LINE_ENDS =
      Utf8.oneOf(Utf8.except(CharacterClass.LINE_ENDS));

  private int groups;
  private int lookaheads;
  private long size;

  private RegexParser(String text) {
    super(text);
  }

  /**
   * The texts that match as a whole.
   *
   * @throws PatternSyntaxException if the expression is malformed, or has what is not supported
   * @throws BoundedAutomata.TooLargeException if it takes too much
   */
  public static Automaton whole(String regex) {
    return new RegexParser(regex).expression(Automata.makeEmptyString());
  }

  /**
   * The texts in which a match is found.
   *
   * @param character of such a text
   * @throws PatternSyntaxException as above
   * @throws BoundedAutomata.TooLargeException as above
   */
  public static Automaton search(String regex, Automaton character) {
    return new RegexParser(regex)
        .expression(BoundedAutomata.repeat(character, 0, BoundedAutomata.UNLIMITED));
  }

  /**
   * @param around what may stand before and after a match that is not anchored
   */
  private Automaton expression(Automaton around) {
    List<Automaton> branches = new ArrayList<>();
    do {
      boolean begins = take('^');
      branches.add(
          begins ? rest(around, true) : BoundedAutomata.concat(around, rest(around, false)));
    } while (take('|'));
    if (at < text.length()) {
      throw error(peek(')') ? "a ')' without its '('" : "'$' is supported at the very end alone");
    }
    return BoundedAutomata.union(branches);
  }

  /**
   * A branch from here to the end of the text.
   *
   * @param begins whether this is the begin of the text
   */
  private Automaton rest(Automaton around, boolean begins) {
    Automaton match = sequence(true);
    if (!peek("(?=") && !peek("(?!")) {
      return BoundedAutomata.concat(match, take('$') ? Automata.makeEmptyString() : around);
    }
    if (++lookaheads > MAX_LOOKAHEADS) {
      throw error("more than " + MAX_LOOKAHEADS + " look-aheads");
    }
    boolean negated = text.charAt(at + 2) == '!';
    at += 3;
    Automaton ahead = lookahead(begins && match.getNumStates() == 1);
    Automaton rest = rest(around, false);
    return BoundedAutomata.concat(
        match,
        BoundedAutomata.intersection(rest, negated ? BoundedAutomata.complement(ahead) : ahead));
  }

  /** All that a look-ahead lets follow. */
  private Automaton lookahead(boolean begins) {
    List<Automaton> branches = new ArrayList<>();
    do {
      if (begins) {
        take('^');
      }
      Automaton match = sequence(false);
      branches.add(
          BoundedAutomata.concat(match, take('$') ? Automata.makeEmptyString() : ANYTHING));
    } while (take('|'));
    if (!take(')')) {
      throw error("a '(' without its ')'");
    }
    return BoundedAutomata.union(branches);
  }

  /**
   * @param outside of any group, where it ends before a look-ahead
   */
  private Automaton sequence(boolean outside) {
    List<Automaton> parts = new ArrayList<>();
    while (at < text.length()
        && !peek('|')
        && !peek(')')
        && !peek('$')
        && !(outside && (peek("(?=") || peek("(?!")))) {
      parts.add(quantified(atom()));
    }
    return parts.isEmpty() ? Automata.makeEmptyString() : BoundedAutomata.concat(parts);
  }

  private Automaton atom() {
    int c = next();
    return switch (c) {
      case '(' -> group();
      case '[' -> Utf8.oneOf(characterClass());
      case '\\' -> Utf8.oneOf(escape(false));
      case '.' -> ANY_BUT_LINE_ENDS;
      case '*', '+', '?', '{' -> {
        at--;
        throw error("nothing that '" + (char) c + "' could repeat");
      }
      case '^' -> {
        at--;
        throw error("'^' is supported at the very beginning alone");
      }
      default -> Utf8.text(Character.toString(c));
    };
  }

  private Automaton group() {
    if (take('?') && !take(':')) {
      throw error("of groups that begin with '?', only '(?:' is supported here");
    }
    if (++groups > MAX_GROUPS) {
      throw error("more than " + MAX_GROUPS + " groups inside each other");
    }
    List<Automaton> branches = new ArrayList<>();
    do {
      branches.add(sequence(false));
    } while (take('|'));
    if (peek('$')) {
      throw error("'$' is supported at the very end alone");
    }
    if (!take(')')) {
      throw error("a '(' without its ')'");
    }
    groups--;
    return BoundedAutomata.union(branches);
  }

  private Automaton quantified(Automaton part) {
    int min = 0;
    int max = BoundedAutomata.UNLIMITED;
    if (take('?')) {
      max = 1;
    } else if (take('+')) {
      min = 1;
    } else if (take('{')) {
      min = number();
      max = !take(',') ? min : peek('}') ? BoundedAutomata.UNLIMITED : number();
      if (!take('}')) {
        throw error("expected '}'");
      }
      if (max != BoundedAutomata.UNLIMITED && max < min) {
        throw error("the repetition ends before it begins");
      }
    } else if (!take('*')) {
      return part;
    }
    // Reluctant: which of several matches comes first is all the same to whole texts.
    take('?');
    Automaton repeated = BoundedAutomata.repeat(part, min, max);
    // All together, since they are held until they are joined.
    size += BoundedAutomata.size(repeated);
    BoundedAutomata.check(size);
    return repeated;
  }

  private BitSet characterClass() {
    BitSet set = new BitSet();
    boolean negated = take('^');
    if (peek(']')) {
      throw error("an empty character class, or ']' that must be escaped");
    }
    while (!take(']')) {
      BitSet low = member(negated);
      boolean ranges = peek('-') && at + 1 < text.length() && text.charAt(at + 1) != ']';
      if (!ranges) {
        set.or(low);
        continue;
      }
      at++;
      BitSet high = member(negated);
      int from = low.nextSetBit(0);
      int to = high.nextSetBit(0);
      if (low.cardinality() > 1 || high.cardinality() > 1 || from > to) {
        throw error("no range of characters; as a character, '-' must be escaped");
      }
      set.set(from, to + 1);
    }
    return negated ? Utf8.except(set) : set;
  }

  private BitSet member(boolean negated) {
    int c = next();
    if (c == '\\') {
      return escape(negated);
    }
    // Java gives these a meaning inside of classes, others do not.
    if (c == '[' || (c == '&' && peek('&'))) {
      throw error("in a character class, '" + (char) c + "' must be escaped here");
    }
    return CharacterClass.only(c);
  }

  /**
   * @param negated whether what it means is excluded: what others mean by it is, too
   */
  private BitSet escape(boolean negated) {
    int c = next();
    return switch (c) {
      case 'd', 'D', 'w', 'W', 's', 'S' -> CharacterClass.of((char) c, negated);
      case 't' -> CharacterClass.only('\t');
      case 'n' -> CharacterClass.only('\n');
      case 'r' -> CharacterClass.only('\r');
      case 'f' -> CharacterClass.only('\f');
      case 'x' -> CharacterClass.only(hex(2));
      case 'u' -> CharacterClass.only(utf16());
      default -> {
        if (CharacterClass.WORD.get(c)) {
          throw error("'\\" + Character.toString(c) + "' is not supported");
        }
        yield CharacterClass.only(c);
      }
    };
  }

  /** What is wrong with an expression, and where, as one sentence. */
  public static String sentence(PatternSyntaxException e) {
    return e.getDescription() + ", at character " + e.getIndex();
  }
}
