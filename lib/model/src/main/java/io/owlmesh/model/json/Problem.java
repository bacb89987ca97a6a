// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.json;

import io.owlmesh.core.Printable;

/**
 * One thing that is wrong with a checkpoint or an adapter, safe to print: what files say in it is
 * escaped and cut.
 *
 * @param where the file or tensor concerned
 * @param message what was found and what is expected
 */
public record Problem(String where, String message) {
  public Problem {
    where = Printable.of(where);
    message = Printable.of(message);
  }

  @Override
  public String toString() {
    return where + ": " + message;
  }
}
