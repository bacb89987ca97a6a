// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

/** For the services of these tests: they end when the process that started them is gone. */
final class ParentWatch {
  private static final long POLL_MILLIS = 100;

  private ParentWatch() {}

  static void begin() {
    ProcessHandle parent = ProcessHandle.current().parent().orElseThrow();
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            while (ProcessHandle.current().parent().filter(parent::equals).isPresent()) {
              Thread.sleep(POLL_MILLIS);
            }
          } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
          }
          Runtime.getRuntime().halt(1);
        });
  }
}
