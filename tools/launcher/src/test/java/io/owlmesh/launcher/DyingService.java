// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

/** A process that ends while starting. */
final class DyingService {
  private DyingService() {}

  static void main(String[] arguments) {
    System.out.println("the checkpoint has no vision tower");
    System.exit(3);
  }
}
