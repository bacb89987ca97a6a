// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.io.PrintWriter;
import java.io.Writer;
import java.time.Duration;

/** A mesh of two small services for tests of commands. */
public final class TestMesh {
  private TestMesh() {}

  /** Starts it; nobody watches it. */
  public static StartedMesh start(RunFolder run) throws Exception {
    return start(run, TestPlans.of(ServingService.class, ServingService.class));
  }

  /** The same with these names. */
  public static StartedMesh start(RunFolder run, String... names) throws Exception {
    return start(run, TestPlans.named(names));
  }

  private static StartedMesh start(RunFolder run, MeshPlan plan) throws Exception {
    return new MeshStarter(run, Duration.ofSeconds(60), new PrintWriter(Writer.nullWriter()))
        .start(plan, _ -> {});
  }
}
