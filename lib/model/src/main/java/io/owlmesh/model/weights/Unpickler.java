// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.weights;

import io.owlmesh.core.OwlException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the pickles that torch.save writes, and nothing else. A pickle is a program that may call
 * anything by name; this machine can name only what {@link TorchGlobals} lists, and calls nothing:
 * it builds values that describe tensors. Everything else is refused by name. No step recurses, and
 * stack, marks and memo are bounded, so a crafted file cannot exhaust memory beyond its own size.
 *
 * <p>Opcodes per Python's pickletools. Values are String, Long, Double, Boolean, {@link None},
 * {@link Tuple}, List, Map, and the records of {@link TorchGlobals}.
 */
final class Unpickler {
  private static final int MAX_STACK = 1_000_000;
  private static final int MAX_MEMO = 2_000_000;
  private static final int MAX_MARKS = 1_000;

  /** Python's None. */
  enum None {
    NONE
  }

  /** A Python tuple. */
  record Tuple(List<Object> items) {}

  private final PickleInput in;
  private final String where;
  private final List<Object> stack = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final Map<Long, Object> memo = new HashMap<>();

  private Unpickler(byte[] pickle, String where) {
    this.in = new PickleInput(pickle, where);
    this.where = where;
  }

  /**
   * The value of a pickle.
   *
   * @throws OwlException BAD_CHECKPOINT if it is damaged or asks for anything that is not allowed
   */
  static Object load(byte[] pickle, String where) {
    return new Unpickler(pickle, where).run();
  }

  private Object run() {
    while (true) {
      int op = in.unsigned(1);
      if (op == '.') {
        return pop();
      }
      boolean known = constant(op) || memory(op) || container(op) || call(op);
      if (!known) {
        throw refuse("opcode 0x%02x, which torch.save does not write".formatted(op));
      }
    }
  }

  private boolean constant(int op) {
    switch (op) {
      case 0x80 -> protocol(in.unsigned(1)); // PROTO
      case 0x95 -> in.unsigned(8); // FRAME: a hint about buffering
      case 'N' -> push(None.NONE);
      case 0x88 -> push(true); // NEWTRUE
      case 0x89 -> push(false); // NEWFALSE
      case 'K' -> push((long) in.unsigned(1)); // BININT1
      case 'M' -> push((long) in.unsigned(2)); // BININT2
      case 'J' -> push((long) in.take(4).getInt()); // BININT
      case 0x8a -> push(in.signed(in.unsigned(1))); // LONG1
      case 'G' -> push(in.take(8).order(ByteOrder.BIG_ENDIAN).getDouble()); // BINFLOAT
      case 0x8c -> push(in.text(in.unsigned(1))); // SHORT_BINUNICODE
      case 'X' -> push(in.text(in.unsigned(4))); // BINUNICODE
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean memory(int op) {
    switch (op) {
      case 'q' -> remember(in.unsigned(1)); // BINPUT
      case 'r' -> remember(in.unsigned(4)); // LONG_BINPUT
      case 0x94 -> remember(memo.size()); // MEMOIZE
      case 'h' -> push(recall(in.unsigned(1))); // BINGET
      case 'j' -> push(recall(in.unsigned(4))); // LONG_BINGET
      case '0' -> pop(); // POP
      case '(' -> mark();
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean container(int op) {
    switch (op) {
      case '}' -> push(new HashMap<Object, Object>()); // EMPTY_DICT
      case ']' -> push(new ArrayList<Object>()); // EMPTY_LIST
      case ')' -> push(new Tuple(List.of())); // EMPTY_TUPLE
      case 't' -> push(new Tuple(popToMark())); // TUPLE
      case 0x85 -> push(new Tuple(popLast(1))); // TUPLE1
      case 0x86 -> push(new Tuple(popLast(2))); // TUPLE2
      case 0x87 -> push(new Tuple(popLast(3))); // TUPLE3
      case 'a' -> append(popLast(1)); // APPEND
      case 'e' -> append(popToMark()); // APPENDS
      case 's' -> setItems(popLast(2)); // SETITEM
      case 'u' -> setItems(popToMark()); // SETITEMS
      default -> {
        return false;
      }
    }
    return true;
  }

  private boolean call(int op) {
    switch (op) {
      case 'c' -> push(TorchGlobals.find(in.line(), in.line(), where)); // GLOBAL
      case 0x93 -> stackGlobal(); // STACK_GLOBAL
      case 'i' -> { // INST
        TorchGlobals.find(in.line(), in.line(), where);
        throw refuse("an INST opcode, which makes an object of an old-style class");
      }
      case 'o' -> throw refuse("an OBJ opcode, which makes an object of any class");
      case 0x81, 0x92 -> throw refuse("a NEWOBJ opcode, which makes an object of any class");
      case 0x82, 0x83, 0x84 -> throw refuse("an EXT opcode, which names code by number");
      case 'P' -> throw refuse("a PERSID opcode with the persistent id '" + in.line() + "'");
      case 'Q' -> push(TorchGlobals.storage(pop(), where)); // BINPERSID
      case 'R' -> { // REDUCE
        Object arguments = pop();
        push(TorchGlobals.reduce(pop(), arguments, where));
      }
      case 'b' -> build(); // BUILD
      default -> {
        return false;
      }
    }
    return true;
  }

  private void protocol(int version) {
    if (version < 2 || version > 5) {
      throw refuse("pickle protocol " + version + "; 2 to 5 are read");
    }
  }

  private void stackGlobal() {
    Object name = pop();
    Object module = pop();
    if (!(name instanceof String n) || !(module instanceof String m)) {
      throw refuse("a global whose name is not text");
    }
    push(TorchGlobals.find(m, n, where));
  }

  /** An OrderedDict keeps the versions of modules in an attribute, {@code _metadata}: dropped. */
  private void build() {
    Object state = pop();
    if (!(top() instanceof Map) || !(state instanceof Map)) {
      throw refuse("a BUILD opcode on something else than a dictionary");
    }
  }

  private void append(List<Object> items) {
    if (!(top() instanceof List)) {
      throw refuse("an append to something else than a list");
    }
    asList(top()).addAll(items);
  }

  private void setItems(List<Object> items) {
    if (!(top() instanceof Map) || items.size() % 2 != 0) {
      throw refuse("damaged: items for something else than a dictionary");
    }
    Map<Object, Object> map = asMap(top());
    for (int i = 0; i < items.size(); i += 2) {
      Object key = items.get(i);
      // Other keys could contain themselves, and hashing would not end.
      if (!(key instanceof String || key instanceof Long)) {
        throw refuse("a dictionary key that is neither text nor a number");
      }
      if (map.put(key, items.get(i + 1)) != null) {
        throw refuse("the key '" + key + "' twice");
      }
    }
  }

  @SuppressWarnings("unchecked") // Maps on the stack are ours alone.
  private static Map<Object, Object> asMap(Object value) {
    return (Map<Object, Object>) value;
  }

  @SuppressWarnings("unchecked") // Lists on the stack are ours alone.
  private static List<Object> asList(Object value) {
    return (List<Object>) value;
  }

  private void push(Object value) {
    if (stack.size() >= MAX_STACK) {
      throw refuse("more than " + MAX_STACK + " values at once");
    }
    stack.add(value);
  }

  private int floor() {
    return marks.isEmpty() ? 0 : marks.getLast();
  }

  private Object top() {
    if (stack.size() <= floor()) {
      throw refuse("damaged: a value is missing");
    }
    return stack.getLast();
  }

  private Object pop() {
    Object value = top();
    stack.removeLast();
    return value;
  }

  private List<Object> popLast(int count) {
    if (stack.size() - floor() < count) {
      throw refuse("damaged: a value is missing");
    }
    return cut(stack.size() - count);
  }

  private List<Object> popToMark() {
    if (marks.isEmpty()) {
      throw refuse("damaged: a mark is missing");
    }
    return cut(marks.removeLast());
  }

  private List<Object> cut(int from) {
    List<Object> tail = stack.subList(from, stack.size());
    List<Object> items = List.copyOf(tail);
    tail.clear();
    return items;
  }

  private void mark() {
    if (marks.size() >= MAX_MARKS) {
      throw refuse("values nested deeper than " + MAX_MARKS);
    }
    marks.add(stack.size());
  }

  private void remember(long index) {
    if (memo.size() >= MAX_MEMO) {
      throw refuse("more than " + MAX_MEMO + " remembered values");
    }
    memo.put(index, top());
  }

  private Object recall(long index) {
    Object value = memo.get(index);
    if (value == null) {
      throw refuse("damaged: no remembered value " + index);
    }
    return value;
  }

  private OwlException refuse(String what) {
    return PickleInput.refusal(where, what);
  }
}
