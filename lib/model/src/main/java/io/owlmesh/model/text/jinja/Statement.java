// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a template does. */
sealed interface Statement {
  void run(Scope scope);

  static void runAll(List<Statement> body, Scope scope) {
    for (Statement statement : body) {
      scope.step();
      statement.run(scope);
    }
  }

  /** Writes. */
  record Print(Expression value) implements Statement {
    @Override
    public void run(Scope scope) {
      scope.write(Values.text(value.value(scope)));
    }
  }

  /** Names a value. */
  record Let(String name, Expression value) implements Statement {
    @Override
    public void run(Scope scope) {
      scope.set(name, value.value(scope));
    }
  }

  /** What is done where a condition holds. */
  record Branch(Expression condition, List<Statement> body) {}

  /** Goes the way of the first condition that holds, or the other one. */
  record If(List<Branch> branches, List<Statement> other) implements Statement {
    @Override
    public void run(Scope scope) {
      for (Branch branch : branches) {
        scope.step();
        if (Values.truth(branch.condition().value(scope))) {
          runAll(branch.body(), scope);
          return;
        }
      }
      runAll(other, scope);
    }
  }

  /** Runs once for each item of a list. */
  record For(String name, Expression items, List<Statement> body) implements Statement {
    @Override
    public void run(Scope scope) {
      List<@Nullable Object> all = Values.list(items.value(scope), scope);
      for (int i = 0; i < all.size(); i++) {
        scope.step();
        Scope inner = new Scope(scope);
        Map<String, Object> loop = new HashMap<>();
        loop.put("index0", (long) i);
        loop.put("index", i + 1L);
        loop.put("first", i == 0);
        loop.put("last", i == all.size() - 1);
        loop.put("length", (long) all.size());
        inner.set("loop", loop);
        inner.set(name, all.get(i));
        runAll(body, inner);
      }
    }
  }
}
