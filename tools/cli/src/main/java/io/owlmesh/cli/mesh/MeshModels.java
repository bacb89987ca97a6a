// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.MeshClient;
import io.owlmesh.launcher.LocalModel;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.launcher.RunFolder;
import io.owlmesh.launcher.RunningService;
import io.owlmesh.proto.mesh.v1.Model;
import io.owlmesh.proto.mesh.v1.WatchResponse;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;

/** Has the one that watches a mesh start and end the stages of models, and waits for that. */
final class MeshModels {
  private final RunFolder run;
  private final WatchedChange change;

  /**
   * @param limit how long it may take
   */
  MeshModels(RunFolder run, PrintWriter out, Duration limit) {
    this.run = run;
    this.change = new WatchedChange(run, out, limit);
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
    change.requireWatched();
    run.askModel(model);
    await(now -> {
      List<String> own = names(model.name());
      change.requireAlive(own::contains);
      return now.getModelsList().stream()
          .filter(one -> one.getName().equals(model.name()))
          .anyMatch(Model::getReady);
    });
    change.say(model.name() + " serves");
  }

  /** Returns when the stages of a model, which was removed, have ended. */
  void remove(String model) throws IOException, MeshException, AnswerFailed, InterruptedException {
    change.requireWatched();
    MeshRecord mesh = run.requireRunning();
    List<String> own =
        mesh.ofModel(model).stream().map(one -> mesh.address(one).toString()).toList();
    await(now -> now.getReplicasList().stream().noneMatch(one -> own.contains(one.getAddress())));
    run.askModelAway(model);
    await(_ -> run.requireRunning().ofModel(model).isEmpty());
    change.say(model + " is removed");
  }

  private List<String> names(String model) throws IOException, MeshException {
    return run.requireRunning().ofModel(model).stream().map(RunningService::name).toList();
  }

  private void await(Reached what)
      throws IOException, MeshException, AnswerFailed, InterruptedException {
    try (MeshClient client = new MeshClient(run.requireRunning().frontDoor())) {
      change.<AnswerFailed>await(
          "That is not done", () -> !run.modelIsAsked() && what.look(client.state()));
    }
  }
}
