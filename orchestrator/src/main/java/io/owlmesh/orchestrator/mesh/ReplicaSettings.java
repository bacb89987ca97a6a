// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.owlmesh.orchestrator.OrchestratorConfig;
import java.time.Duration;

/**
 * How replicas are looked after.
 *
 * @param maxCalls in one replica at a time
 * @param interval at which replicas are asked what they run
 * @param slowStart until a new replica has its full share
 * @param placement of the language model, by name
 */
public record ReplicaSettings(
    int maxCalls, Duration interval, Duration slowStart, String placement) {
  public static ReplicaSettings of(OrchestratorConfig settings) {
    return new ReplicaSettings(
        settings.maxStageCalls(),
        settings.healthInterval(),
        settings.slowStart(),
        settings.placement());
  }
}
