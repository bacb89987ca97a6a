// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm;

import com.fasterxml.jackson.databind.JsonNode;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.RegularFile;
import io.owlmesh.model.json.StrictJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jboss.logging.Logger;

/** Questions that fit a model, for who does not know it yet: {@code examples.json} beside it. */
final class ExampleQuestions {
  private static final Logger LOG = Logger.getLogger(ExampleQuestions.class);
  private static final String FILE = "examples.json";
  private static final int MAX_BYTES = 262_144;

  private ExampleQuestions() {}

  /**
   * The JSON array of a checkpoint's examples, each an object with a {@code question}. Empty if
   * there are none; a damaged file keeps no model from serving, the log tells of it.
   */
  static String of(Path checkpointFolder) {
    Path file = checkpointFolder.resolve(FILE);
    if (!Files.exists(file)) {
      return "";
    }
    try {
      JsonNode examples = StrictJson.parse(RegularFile.read(file, FILE, MAX_BYTES));
      if (!examples.isArray()) {
        throw OwlException.badCheckpoint(FILE, "not a JSON array");
      }
      for (JsonNode example : examples) {
        if (!example.path("question").isTextual()) {
          throw OwlException.badCheckpoint(FILE, "an example has no text as its question");
        }
      }
      return examples.toString();
    } catch (OwlException | IOException e) {
      LOG.warnf("No examples are shown: %s", e.getMessage());
      return "";
    }
  }
}
