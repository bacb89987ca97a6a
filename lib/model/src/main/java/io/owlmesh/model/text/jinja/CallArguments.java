// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a filter, a method or a function is called with.
 *
 * @param caller for messages, for example {@code filter join}
 * @param name of it
 * @param scope that counts what it does
 */
record CallArguments(String caller, String name, List<@Nullable Object> values, Scope scope) {
  boolean isGiven(int index) {
    return index < values.size();
  }

  /**
   * One of them.
   *
   * @throws io.owlmesh.core.OwlException BAD_CHECKPOINT if there are not so many
   */
  @Nullable Object get(int index) {
    if (!isGiven(index)) {
      throw Values.refused("the %s of %d arguments".formatted(caller, values.size()));
    }
    return values.get(index);
  }

  String text(int index) {
    return Values.text(get(index));
  }

  /** Refuses more than so many. */
  void require(int most) {
    if (values.size() > most) {
      throw Values.refused("the %s of %d arguments".formatted(caller, values.size()));
    }
  }
}
