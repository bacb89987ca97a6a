// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.owlmesh.core.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;

/**
 * An image file, and where it is shown.
 *
 * @param indices of the images of the conversation that have exactly these bytes
 * @param question what is asked of it, where visual tokens depend on that; else empty
 */
record PromptImage(ImageContent file, List<Integer> indices, String question) {
  /** Names its visual tokens among those of the same weights. */
  String key() {
    if (question.isEmpty()) {
      return file.sha256();
    }
    MessageDigest asked = Sha256.begin();
    asked.update(question.getBytes(StandardCharsets.UTF_8));
    return file.sha256() + " " + Sha256.hex(asked);
  }
}
