// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ChildGuardTest {
  @Test
  void whatIsGuardedEndsWhenItsParentIsKilled() throws Exception {
    Process parent =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                GuardingProcess.class.getName())
            .start();
    long pid = Long.parseLong(parent.inputReader().readLine());
    ProcessHandle child = ProcessHandle.of(pid).orElseThrow();

    parent.destroyForcibly().waitFor();

    assertThat(child.onExit().get(20, TimeUnit.SECONDS).isAlive()).isFalse();
  }
}
