// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.launcher.MeshStopper;
import io.owlmesh.launcher.RunFolder;
import io.owlmesh.launcher.Supervisor;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Stops a mesh when this process ends, however it ends: Ctrl-C also while services are starting.
 */
public final class ShutdownStop {
  static final Duration GRACE = Duration.ofSeconds(10);

  private final RunFolder run;
  private final PrintWriter out;
  private final AtomicReference<@Nullable Supplier<MeshRecord>> watched = new AtomicReference<>();

  private volatile boolean begun;

  public ShutdownStop(RunFolder run, PrintWriter out) {
    this.run = run;
    this.out = out;
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().name("stop-mesh").unstarted(this::stop));
  }

  public void watch(MeshRecord mesh) {
    watched.set(() -> mesh);
  }

  /** The mesh as the supervisor knows it when the end has come; it starts nothing from then on. */
  public void watch(Supervisor supervisor) {
    watched.set(supervisor::stop);
  }

  /** From now on the mesh outlives this process. */
  public void release() {
    watched.set(null);
  }

  /** Whether the end of this process has begun: from then on, services end because we end them. */
  public boolean begun() {
    return begun;
  }

  private void stop() {
    begun = true;
    Supplier<MeshRecord> last = watched.getAndSet(null);
    if (last == null) {
      return;
    }
    MeshRecord mesh = last.get();
    try {
      if (!mesh.alive().isEmpty()) {
        out.println(
            "Stopping " + String.join(", ", mesh.alive().stream().map(s -> s.name()).toList()));
        out.flush();
      }
      List<String> killed = MeshStopper.stop(mesh.services(), GRACE);
      killed.forEach(name -> out.println(name + " did not end in time and was killed"));
      run.forget(mesh);
    } catch (IOException | MeshException failed) {
      out.println("The record of the mesh could not be removed: " + failed.getMessage());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    out.flush();
  }
}
