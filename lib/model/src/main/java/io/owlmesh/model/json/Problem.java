// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.json;

/**
 * One thing that is wrong with a checkpoint or an adapter.
 *
 * @param where the file or tensor concerned
 * @param message what was found and what is expected
 */
public record Problem(String where, String message) {
  @Override
  public String toString() {
    return where + ": " + message;
  }
}
