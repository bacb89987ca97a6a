// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.launcher.HealthProbe;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.launcher.Replicas;
import io.owlmesh.launcher.RunFolder;
import io.owlmesh.launcher.RunningService;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Has the one that watches a mesh add and remove replicas, and waits for that. */
final class MeshScale {
  private final RunFolder run;
  private final WatchedChange change;

  /** Names of services that are there and ready. */
  private final Set<String> serving = new HashSet<>();

  /**
   * @param limit how long it may take
   */
  MeshScale(RunFolder run, PrintWriter out, Duration limit) {
    this.run = run;
    this.change = new WatchedChange(run, out, limit);
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
    change.requireWatched();
    int languageModels = mesh.replicas(LanguageModelFlag.SERVICE).size();
    run.planWithoutSecrets()
        .refuseTooManyLanguageModels(
            wanted.counts().getOrDefault(LanguageModelFlag.SERVICE, languageModels)
                - languageModels);
    mesh.services().stream()
        .filter(one -> HealthProbe.isServing(mesh, one))
        .forEach(one -> serving.add(one.name()));
    run.askScale(wanted);
    change.<MeshException>await(
        "The mesh is not scaled",
        () -> {
          if (!run.scaleIsAsked() && isDone(wanted)) {
            return true;
          }
          change.requireAlive(one -> wanted.counts().containsKey(Replicas.roleOf(one)));
          return false;
        });
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
          change.say(
              String.format(Locale.ROOT, "  %s %-21s ready", mesh.column(one), mesh.address(one)));
        }
      }
    }
    for (String name : Set.copyOf(serving)) {
      if (mesh.services().stream().noneMatch(one -> one.name().equals(name))) {
        serving.remove(name);
        change.say("  %-13s gone".formatted(name));
      }
    }
    return done;
  }
}
