// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.util.concurrent.CountDownLatch;

/** A process that does not end when asked. */
final class StubbornService {
  private StubbornService() {}

  static void main(String[] arguments) throws InterruptedException {
    ParentWatch.begin();
    CountDownLatch never = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> {
              try {
                never.await();
              } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
              }
            }));
    System.out.println("stubborn");
    never.await();
  }
}
