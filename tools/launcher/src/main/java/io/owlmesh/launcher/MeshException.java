// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

/**
 * The mesh on this machine cannot do what was asked. The message is for the person at the terminal.
 */
public final class MeshException extends Exception {
  public MeshException(String message) {
    super(message);
  }
}
