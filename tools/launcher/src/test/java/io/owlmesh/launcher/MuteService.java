// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

/** A process that never listens, and ends when asked. */
final class MuteService {
  private MuteService() {}

  static void main(String[] arguments) throws InterruptedException {
    ParentWatch.begin();
    System.out.println("still loading");
    Thread.sleep(Long.MAX_VALUE);
  }
}
