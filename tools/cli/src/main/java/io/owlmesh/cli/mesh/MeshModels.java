// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.cli.option.Home;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.MeshClient;
import io.owlmesh.launcher.LocalModel;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.launcher.RunFolder;
import io.owlmesh.launcher.RunningService;
import io.owlmesh.launcher.SupervisorRecord.State;
import io.owlmesh.proto.mesh.v1.Model;
import io.owlmesh.proto.mesh.v1.WatchResponse;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Has the one that watches a mesh start and end the stages of models, and waits for that. */
final class MeshModels {
  private static final Duration POLL = Duration.ofMillis(200);

  private final RunFolder run;
  private final PrintWriter out;
  private final Duration limit;
  private final long begin = System.nanoTime();

  /**
   * @param limit how long it may take
   */
  MeshModels(RunFolder run, PrintWriter out, Duration limit) {
    this.run = run;
    this.out = out;
    this.limit = limit;
  }

  /** Whether it has come to that. */
  private interface Reached {
    boolean look(WatchResponse mesh) throws IOException, MeshException;
  }

  /** Returns when a model serves. */
  void add(LocalModel model) throws IOException, MeshException, AnswerFailed, InterruptedException {
    MeshRecord mesh = run.requireRunning();
    if (mesh.replicas("vision").isEmpty()) {
      throw new MeshException(
          "All stages of this mesh are in one process; ./owl up without --fused has models.");
    }
    if (!mesh.ofModel(model.name()).isEmpty()) {
      throw new MeshException("There is a model %s already.".formatted(model.name()));
    }
    refuseUnwatched();
    run.askModel(model);
    await(now -> {
      refuseLost(model.name());
      return now.getModelsList().stream()
          .filter(one -> one.getName().equals(model.name()))
          .anyMatch(Model::getReady);
    });
    say(model.name() + " serves");
  }

  /** Returns when the stages of a model, which was removed, have ended. */
  void remove(String model) throws IOException, MeshException, AnswerFailed, InterruptedException {
    refuseUnwatched();
    MeshRecord mesh = run.requireRunning();
    List<String> own =
        mesh.ofModel(model).stream().map(one -> mesh.address(one).toString()).toList();
    await(now -> now.getReplicasList().stream().noneMatch(one -> own.contains(one.getAddress())));
    run.askModelAway(model);
    await(_ -> run.requireRunning().ofModel(model).isEmpty());
    say(model + " is removed");
  }

  private void await(Reached what)
      throws IOException, MeshException, AnswerFailed, InterruptedException {
    try (MeshClient client = new MeshClient(run.requireRunning().frontDoor())) {
      while (run.modelIsAsked() || !what.look(client.state())) {
        refuseUnwatched();
        if (System.nanoTime() - begin > limit.toNanos()) {
          throw new MeshException(
              "That is not done after %d s; ./owl status shows how far it is."
                  .formatted(limit.toSeconds()));
        }
        Thread.sleep(POLL);
      }
    }
  }

  private void refuseUnwatched() throws IOException, MeshException {
    if (run.watching().isEmpty()) {
      throw new MeshException(
          "Nobody watches the mesh, so nobody starts or ends services: ./owl up --detach does so.");
    }
  }

  private void refuseLost(String model) throws IOException, MeshException {
    Map<String, State> states = run.supervisorStates();
    for (RunningService one : run.requireRunning().ofModel(model)) {
      if (states.get(one.name()) == State.GIVEN_UP) {
        throw new MeshException(
            "The service %s does not stay up; its log: %s"
                .formatted(one.name(), Home.shown(run.log(one.name()))));
      }
    }
  }

  private void say(String what) {
    out.printf(Locale.ROOT, "%s after %.1f s%n", what, (System.nanoTime() - begin) / 1e9);
    out.flush();
  }
}
