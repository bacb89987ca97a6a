// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

/** Starts a process, guards it, prints its number, and waits. */
final class GuardingProcess {
  private GuardingProcess() {}

  static void main(String[] arguments) throws Exception {
    Process child = new ProcessBuilder("sleep", "600").start();
    ChildGuard.over(child.toHandle());
    System.out.println(child.pid());
    child.waitFor();
  }
}
