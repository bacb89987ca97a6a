// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.guided.schema;

import com.fasterxml.jackson.databind.JsonNode;
import io.owlmesh.llm.guided.automaton.BoundedAutomata;
import io.owlmesh.llm.guided.automaton.RegexParser;
import io.owlmesh.llm.guided.automaton.Utf8;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.lucene.util.automaton.Automata;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.apache.lucene.util.automaton.Transition;

/**
 * JSON as automata. Each string has one spelling: what must be escaped is, by its short form where
 * there is one, and nothing else. One space may follow each colon and comma.
 */
final class JsonText {
  /** Characters that strings have where nothing else is said: none that only a number spells. */
  static final Automaton CHARACTER = Utf8.oneOf(ordinary());

  static final Automaton STRING =
      string(BoundedAutomata.repeat(CHARACTER, 0, BoundedAutomata.UNLIMITED));

  /** So many digits that a double holds nearly all of them, and no value is infinite. */
  static final Automaton NUMBER =
      RegexParser.whole("-?(0|[1-9][0-9]{0,16})(\\.[0-9]{1,17})?([eE][+-]?[0-9]{1,2})?");

  static final Automaton BOOLEAN = RegexParser.whole("true|false");
  static final Automaton NULL = Utf8.text("null");

  private static final String SHORT_ESCAPES = "\"\"\\\\\bb\ff\nn\rr\tt";
  static final Automaton COMMA = RegexParser.whole(", ?");
  static final Automaton COLON = RegexParser.whole(": ?");

  /** Any value of at most three arrays and objects inside each other: more take too many states. */
  static final Automaton ANY = any(3);

  /** Any object of at most three arrays and objects inside each other, itself among them. */
  static final Automaton ANY_OBJECT = anyObject(any(2));

  /**
   * What an object may or must have.
   *
   * @param value of it
   */
  record Property(String name, Automaton value, boolean required) {}

  private JsonText() {}

  private static BitSet ordinary() {
    BitSet rare = new BitSet();
    rare.set(0, ' ');
    "\b\f\n\r\t".chars().forEach(rare::clear);
    return Utf8.except(rare);
  }

  /** Strings with such contents. */
  static Automaton string(Automaton content) {
    BoundedAutomata.check(8 * BoundedAutomata.size(content));
    Automaton.Builder escaped = new Automaton.Builder();
    escaped.copyStates(content);
    Transition t = new Transition();
    for (int s = 0; s < content.getNumStates(); s++) {
      int count = content.initTransition(s, t);
      for (int i = 0; i < count; i++) {
        content.getNextTransition(t);
        escape(escaped, s, t);
      }
    }
    return BoundedAutomata.concat(Utf8.text("\""), escaped.finish(), Utf8.text("\""));
  }

  private static void escape(Automaton.Builder escaped, int from, Transition t) {
    int plain = t.min;
    for (int c = t.min; c <= Math.min(t.max, '\\'); c++) {
      if (c < ' ' || c == '"' || c == '\\') {
        addPlain(escaped, from, t.dest, plain, c - 1);
        addSpelling(escaped, from, t.dest, escapeOf(c));
        plain = c + 1;
      }
    }
    addPlain(escaped, from, t.dest, plain, t.max);
  }

  private static void addPlain(Automaton.Builder out, int from, int to, int min, int max) {
    if (min <= max) {
      out.addTransition(from, to, min, max);
    }
  }

  private static void addSpelling(Automaton.Builder out, int from, int to, String spelling) {
    int at = from;
    for (int i = 0; i < spelling.length(); i++) {
      int next = i + 1 < spelling.length() ? out.createState() : to;
      out.addTransition(at, next, spelling.charAt(i));
      at = next;
    }
  }

  private static String escapeOf(int c) {
    for (int i = 0; i < SHORT_ESCAPES.length(); i += 2) {
      if (SHORT_ESCAPES.charAt(i) == c) {
        return "\\" + SHORT_ESCAPES.charAt(i + 1);
      }
    }
    return String.format(Locale.ROOT, "\\u%04x", c);
  }

  /** Arrays of so many items. */
  static Automaton array(Automaton item, int min, int max) {
    boolean unlimited = max == BoundedAutomata.UNLIMITED;
    if (!unlimited && max < min) {
      return Automata.makeEmpty();
    }
    if (max == 0 || Operations.isEmpty(item)) {
      return min == 0 ? Utf8.text("[]") : Automata.makeEmpty();
    }
    Automaton items =
        unlimited && min <= 1
            ? list(item)
            : BoundedAutomata.concat(
                item,
                BoundedAutomata.repeat(
                    BoundedAutomata.concat(COMMA, item),
                    Math.max(min - 1, 0),
                    unlimited ? max : max - 1));
    return enclosed("[", min == 0 ? BoundedAutomata.optional(items) : items, "]");
  }

  /**
   * Objects with such properties, in this order.
   *
   * @param others members that may follow, any number of them; none if absent
   */
  static Automaton object(List<Property> properties, Optional<Automaton> others) {
    List<Property> possible = new ArrayList<>();
    for (Property property : properties) {
      if (!Operations.isEmpty(property.value())) {
        possible.add(property);
      } else if (property.required()) {
        return Automata.makeEmpty();
      }
    }
    List<Automaton> members = new ArrayList<>(possible.stream().map(JsonText::member).toList());
    others
        .filter(member -> !Operations.isEmpty(member))
        .map(JsonText::list)
        .ifPresent(rest -> {
          members.add(rest);
          possible.add(new Property("", rest, false));
        });
    return new JsonObject(members, possible).automaton();
  }

  private static Automaton member(Property property) {
    return BoundedAutomata.concat(name(property.name()), COLON, property.value());
  }

  /** The name of a property. */
  static Automaton name(String name) {
    return string(Utf8.text(name));
  }

  private static Automaton any(int depth) {
    List<Automaton> kinds = new ArrayList<>(List.of(STRING, NUMBER, BOOLEAN, NULL));
    if (depth > 0) {
      Automaton inner = any(depth - 1);
      kinds.add(array(inner, 0, BoundedAutomata.UNLIMITED));
      kinds.add(anyObject(inner));
    }
    return BoundedAutomata.union(kinds);
  }

  private static Automaton anyObject(Automaton value) {
    Automaton members = list(BoundedAutomata.concat(STRING, COLON, value));
    return enclosed("{", BoundedAutomata.optional(members), "}");
  }

  /** Exactly this value. */
  static Automaton value(JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> string(Utf8.text(value.textValue()));
      case ARRAY -> {
        List<Automaton> items = new ArrayList<>();
        for (JsonNode item : value) {
          if (!items.isEmpty()) {
            items.add(COMMA);
          }
          items.add(value(item));
        }
        yield enclosed("[", items.isEmpty() ? Utf8.text("") : BoundedAutomata.concat(items), "]");
      }
      case OBJECT ->
          object(
              value.properties().stream()
                  .map(entry -> new Property(entry.getKey(), value(entry.getValue()), true))
                  .toList(),
              Optional.empty());
      default -> Utf8.text(value.toString());
    };
  }

  static Automaton enclosed(String open, Automaton content, String close) {
    return BoundedAutomata.concat(Utf8.text(open), content, Utf8.text(close));
  }

  /**
   * One item or more, with commas between. Every item is read by the same states, which keeps
   * values inside values small.
   */
  private static Automaton list(Automaton item) {
    BoundedAutomata.check(2 * BoundedAutomata.size(item));
    Automaton.Builder list = new Automaton.Builder();
    list.copy(item);
    int comma = list.createState();
    int space = list.createState();
    for (int s = 0; s < item.getNumStates(); s++) {
      if (item.isAccept(s)) {
        list.addTransition(s, comma, ',');
      }
    }
    list.addTransition(comma, space, ' ');
    Transition t = new Transition();
    int count = item.initTransition(0, t);
    for (int i = 0; i < count; i++) {
      item.getNextTransition(t);
      list.addTransition(comma, t.dest, t.min, t.max);
      list.addTransition(space, t.dest, t.min, t.max);
    }
    return list.finish();
  }
}
