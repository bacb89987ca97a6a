// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.owleval;

import io.owlmesh.core.OwlException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * The answers of several systems in an order that hides who gave them: another one for each
 * question, the same one for the same seed.
 */
final class Blind {
  private final List<Map<Integer, OwlAnswer>> systems = new ArrayList<>();
  private final long seed;

  Blind(List<Path> files, long seed) {
    this.seed = seed;
    for (Path file : files) {
      Map<Integer, OwlAnswer> byId = new HashMap<>();
      OwlAnswer.read(file).forEach(answer -> byId.put(answer.id(), answer));
      systems.add(byId);
    }
  }

  /**
   * The answers to a question, as they are shown.
   *
   * @throws OwlException BAD_INPUT if a system has none
   */
  List<OwlAnswer> shown(int question) {
    List<OwlAnswer> answers = new ArrayList<>();
    for (Map<Integer, OwlAnswer> system : systems) {
      OwlAnswer answer = system.get(question);
      if (answer == null) {
        throw OwlException.badInput("answers", "a file has none to question " + question);
      }
      answers.add(answer);
    }
    Collections.shuffle(answers, new Random(seed * 1_000_003 + question));
    return answers;
  }
}
