// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.owlmesh.orchestrator.OrchestratorConfig;
import java.time.Duration;

/**
 * How long a stage that was asked may do nothing.
 *
 * @param image until the next image is done, in the vision and the abstractor stage
 * @param firstToken from the whole question to the first token
 * @param nextToken from one token to the next, while the caller takes them
 */
public record StageTimeouts(Duration image, Duration firstToken, Duration nextToken) {
  public static StageTimeouts of(OrchestratorConfig settings) {
    return new StageTimeouts(
        settings.imageTimeout(), settings.firstTokenTimeout(), settings.tokenTimeout());
  }
}
