// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.owleval;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A line of an answer file.
 *
 * @param model which system answered
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record OwlAnswer(
    String image,
    @JsonProperty("question_id") int id,
    String question,
    String answer,
    @JsonProperty("model_id") String model) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Reads an answer file.
   *
   * @throws OwlException BAD_INPUT if it is none
   */
  public static List<OwlAnswer> read(Path file) {
    List<OwlAnswer> answers = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(file)) {
        if (!line.isBlank()) {
          answers.add(JSON.readValue(line, OwlAnswer.class));
        }
      }
    } catch (IOException e) {
      throw OwlException.badInput("answers", file + ": " + e.getMessage());
    }
    if (answers.isEmpty()) {
      throw OwlException.badInput("answers", file + " holds none");
    }
    return answers;
  }

  /** The line of a file. */
  String line() throws IOException {
    return JSON.writeValueAsString(this);
  }
}
