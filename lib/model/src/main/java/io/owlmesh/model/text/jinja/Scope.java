// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text.jinja;

import io.owlmesh.core.OwlException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The names that a template sees, what it has written, and how much more it may do. */
final class Scope {
  private static final int MAX_STEPS = 200_000;

  /** Characters or items that count as one step. */
  private static final int STEP = 256;

  private static final int MAX_OUTPUT = 2 << 20;

  private final @Nullable Scope outer;
  private final Map<String, Object> names = new HashMap<>();
  private final StringBuilder output;

  /** Characters and items that were gone through; one number for all scopes of a template. */
  private final long[] work;

  /** Of a whole template. */
  Scope(Map<String, Object> names) {
    this.outer = null;
    this.output = new StringBuilder();
    this.work = new long[1];
    this.names.putAll(names);
  }

  /** Within a loop. */
  Scope(Scope outer) {
    this.outer = outer;
    this.output = outer.output;
    this.work = outer.work;
  }

  @Nullable Object get(String name) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      if (scope.names.containsKey(name)) {
        return scope.names.get(name);
      }
    }
    return Values.UNDEFINED;
  }

  void set(String name, @Nullable Object value) {
    names.put(name, value);
  }

  /** Counts a step. */
  void step() {
    work(STEP);
  }

  /** Counts what goes through so many characters or items of a list. */
  void work(long size) {
    work[0] += size;
    if (work[0] > (long) MAX_STEPS * STEP) {
      throw OwlException.badCheckpoint(
          JinjaTemplate.WHERE, "takes more than " + MAX_STEPS + " steps");
    }
  }

  void write(String text) {
    if (output.length() + text.length() > MAX_OUTPUT) {
      throw OwlException.badInput(
          "turns", "more than %d characters of prompt".formatted(MAX_OUTPUT));
    }
    output.append(text);
  }

  String output() {
    return output.toString();
  }
}
