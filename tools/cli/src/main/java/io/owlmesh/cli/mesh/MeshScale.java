// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.cli.option.Home;
import io.owlmesh.launcher.HealthProbe;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.launcher.Replicas;
import io.owlmesh.launcher.RunFolder;
import io.owlmesh.launcher.RunningService;
import io.owlmesh.launcher.SupervisorRecord.State;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Has the one that watches a mesh add and remove replicas, and waits for that. */
final class MeshScale {
  private static final Duration POLL = Duration.ofMillis(100);

  private final RunFolder run;
  private final PrintWriter out;
  private final Duration limit;
  private final long begin = System.nanoTime();

  /** Names of services that are there and ready. */
  private final Set<String> serving = new HashSet<>();

  /**
   * @param limit how long it may take
   */
  MeshScale(RunFolder run, PrintWriter out, Duration limit) {
    this.run = run;
    this.out = out;
    this.limit = limit;
  }

  /**
   * Returns when every stage has as many replicas as are wanted.
   *
   * @throws MeshException if that cannot be, or takes too long
   */
  void scale(MeshRecord mesh, Replicas wanted)
      throws IOException, MeshException, InterruptedException {
    for (String stage : wanted.counts().keySet()) {
      if (mesh.replicas(stage).isEmpty()) {
        throw new MeshException(
            "All stages of this mesh are in one process; ./owl up without --fused has replicas.");
      }
    }
    refuseUnwatched();
    int languageModels = mesh.replicas(LanguageModelFlag.SERVICE).size();
    run.planWithoutSecrets()
        .refuseTooManyLanguageModels(
            wanted.counts().getOrDefault(LanguageModelFlag.SERVICE, languageModels)
                - languageModels);
    mesh.services().stream()
        .filter(one -> HealthProbe.isServing(mesh, one))
        .forEach(one -> serving.add(one.name()));
    run.askScale(wanted);
    while (run.scaleIsAsked() || !isDone(wanted)) {
      refuseUnwatched();
      refuseLost(wanted);
      if (System.nanoTime() - begin > limit.toNanos()) {
        throw new MeshException(
            "The mesh is not scaled after %d s; ./owl status shows how far it is."
                .formatted(limit.toSeconds()));
      }
      Thread.sleep(POLL);
    }
  }

  private void refuseUnwatched() throws IOException, MeshException {
    if (run.watching().isEmpty()) {
      throw new MeshException(
          "Nobody watches the mesh, so nobody starts replicas: ./owl up --detach does so.");
    }
  }

  private void refuseLost(Replicas wanted) throws IOException, MeshException {
    for (Map.Entry<String, State> one : run.supervisorStates().entrySet()) {
      if (one.getValue() == State.GIVEN_UP
          && wanted.counts().containsKey(Replicas.roleOf(one.getKey()))) {
        throw new MeshException(
            "The service %s does not stay up; its log: %s"
                .formatted(one.getKey(), Home.shown(run.log(one.getKey()))));
      }
    }
  }

  private boolean isDone(Replicas wanted) throws IOException, MeshException {
    MeshRecord mesh = run.requireRunning();
    Set<String> now = new HashSet<>();
    boolean done = true;
    for (Map.Entry<String, Integer> stage : wanted.counts().entrySet()) {
      done &= mesh.replicas(stage.getKey()).size() == stage.getValue();
      for (RunningService one : mesh.replicas(stage.getKey())) {
        if (HealthProbe.isServing(mesh, one)) {
          now.add(one.name());
        } else {
          done = false;
        }
        if (now.contains(one.name()) && serving.add(one.name())) {
          say(String.format(Locale.ROOT, "  %s %-21s ready", mesh.column(one), mesh.address(one)));
        }
      }
    }
    for (String name : Set.copyOf(serving)) {
      if (mesh.services().stream().noneMatch(one -> one.name().equals(name))) {
        serving.remove(name);
        say("  %-13s gone".formatted(name));
      }
    }
    return done;
  }

  private void say(String what) {
    out.printf(Locale.ROOT, "%s after %.1f s%n", what, (System.nanoTime() - begin) / 1e9);
    out.flush();
  }
}
