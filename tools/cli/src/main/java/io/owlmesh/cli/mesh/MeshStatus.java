// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.client.Address;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.MeshClient;
import io.owlmesh.core.Columns;
import io.owlmesh.proto.mesh.v1.WatchResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The mesh as {@code status} shows it, and as its orchestrator sees it.
 *
 * @param canaryEnded why the canary was ended by itself; empty if it was not
 */
record MeshStatus(
    List<ModelStatus> models,
    int waitingAnswers,
    int runningAnswers,
    int canaryPercent,
    String canaryEnded,
    List<ReplicaStatus> replicas) {
  /** What an orchestrator says; empty if it does not answer. */
  static Optional<MeshStatus> of(Address orchestrator) {
    try (MeshClient client = new MeshClient(orchestrator)) {
      WatchResponse now = client.state();
      return Optional.of(
          new MeshStatus(
              now.getModelsList().stream().map(ModelStatus::of).toList(),
              now.getWaitingAnswers(),
              now.getRunningAnswers(),
              now.getCanaryPercent(),
              now.getCanaryEnded(),
              now.getReplicasList().stream().map(ReplicaStatus::of).toList()));
    } catch (AnswerFailed failed) {
      return Optional.empty();
    }
  }

  /** Lines for people. */
  List<String> lines() {
    List<List<String>> rows = new ArrayList<>();
    boolean several = models.size() > 1;
    rows.add(ReplicaStatus.heading(several));
    replicas.forEach(one -> rows.add(one.cells(several)));
    List<String> lines = new ArrayList<>();
    if (several) {
      lines.add(ModelStatus.table(models));
      lines.add("");
    }
    lines.add(new Columns(rows).toString());
    lines.add("Answers: %d waiting, %d running".formatted(waitingAnswers, runningAnswers));
    if (several) {
      models.forEach(model -> lines.addAll(canary(" of " + model.name(), model)));
    } else {
      lines.addAll(canary("", canaryPercent, canaryEnded));
    }
    return lines;
  }

  private static List<String> canary(String whose, ModelStatus model) {
    return canary(whose, model.canaryPercent(), model.canaryEnded());
  }

  private static List<String> canary(String whose, int percent, String ended) {
    List<String> lines = new ArrayList<>();
    if (percent > 0) {
      lines.add("Canary%s: other weights get %d %% of new work".formatted(whose, percent));
    }
    if (!ended.isEmpty()) {
      lines.add("Canary%s ended: %s".formatted(whose, ended));
    }
    return lines;
  }
}
