// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.proto.mesh.v1.Considered;
import io.owlmesh.proto.mesh.v1.Decision;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;

/** A choice of a replica, for people. */
final class DecisionText {
  private DecisionText() {}

  /** A line for the choice, and one for each replica that there was. */
  static List<String> of(Decision decision) {
    Instant time =
        Instant.ofEpochSecond(decision.getTime().getSeconds(), decision.getTime().getNanos());
    String chosen = decision.getReplica().isEmpty() ? "none" : decision.getReplica();
    List<String> lines = new ArrayList<>();
    lines.add(
        "%s  %s  %s: %s, %d positions, trace %s"
            .formatted(
                LocalTime.ofInstant(time, ZoneId.systemDefault()),
                StageArgument.name(decision.getStage()),
                chosen,
                decision.getReason(),
                decision.getPositions(),
                decision.getTraceId().isEmpty() ? "-" : decision.getTraceId()));
    for (Considered one : decision.getConsideredList()) {
      String mark = one.getAddress().equals(decision.getReplica()) ? "*" : " ";
      lines.add("  %s %s  %s".formatted(mark, one.getAddress(), one.getWhy()));
    }
    return lines;
  }
}
