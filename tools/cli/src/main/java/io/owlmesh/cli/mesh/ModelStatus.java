// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.core.Columns;
import io.owlmesh.proto.mesh.v1.Model;
import java.util.ArrayList;
import java.util.List;

/**
 * One model as {@code status} and {@code models} show it.
 *
 * @param isDefault whether it answers who names none
 * @param canaryEnded why its canary was ended by itself; empty if it was not
 * @param reason why it cannot be asked; empty if it can
 */
record ModelStatus(
    String name,
    boolean isDefault,
    boolean ready,
    String family,
    int canaryPercent,
    String canaryEnded,
    String reason) {
  static ModelStatus of(Model model) {
    return new ModelStatus(
        model.getName(),
        model.getDefaultModel(),
        model.getReady(),
        model.getFamily(),
        model.getCanaryPercent(),
        model.getCanaryEnded(),
        model.getReason());
  }

  /** A table of models for people. */
  static String table(List<ModelStatus> models) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("MODEL", "STATE", "FAMILY", "REASON"));
    for (ModelStatus one : models) {
      rows.add(
          List.of(
              (one.name.isEmpty() ? "-" : one.name) + (one.isDefault ? " (default)" : ""),
              one.ready ? "ready" : "not ready",
              one.family.isEmpty() ? "-" : one.family,
              one.reason));
    }
    return new Columns(rows).toString();
  }
}
