// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text.jinja;

import org.jspecify.annotations.Nullable;

/** Something with a value: a text, a number, a truth, a list, a map, or nothing. */
@FunctionalInterface
interface Expression {
  @Nullable Object value(Scope scope);
}
