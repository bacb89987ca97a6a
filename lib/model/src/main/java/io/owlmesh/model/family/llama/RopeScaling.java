// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.llama;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.model.json.ConfigReader;
import java.util.List;
import java.util.Optional;

/**
 * How the angles of a rotary embedding are stretched for more positions than a model was first
 * trained with, as transformers' {@code rope_scaling} says: {@code linear} divides all of them by a
 * factor; {@code llama3} the slow ones alone, with a ramp to the fast ones; {@code dynamic} changes
 * nothing within the trained positions, beyond which nothing is served.
 *
 * @param stretch divides all frequencies; 1 for none
 * @param slowest divides the slow frequencies; 1 for none
 * @param slow turns over the trained positions up to which a frequency is slow
 * @param fast turns from which on it is fast
 * @param trained positions that the model was first trained with
 */
public record RopeScaling(double stretch, double slowest, double slow, double fast, int trained) {
  /** No stretching. */
  public static final RopeScaling NONE = new RopeScaling(1, 1, 1, 2, 1);

  private static final double MAX_FACTOR = 1 << 20;

  static RopeScaling read(ConfigReader rope, int context) {
    Optional<String> named = rope.text("rope_type").or(() -> rope.text("type"));
    rope.require(
        named.isPresent() || !rope.isPresent("factor"),
        "factor of the rotary embedding without a rope_type");
    return switch (named.orElse("default")) {
      case "default", "dynamic" -> NONE;
      case "linear" -> new RopeScaling(factor(rope), 1, 1, 2, 1);
      case "llama3" -> llama3(rope, context);
      default -> {
        rope.problem(
            "type",
            "'%s'; known are %s"
                .formatted(named.orElse(""), List.of("default", "linear", "dynamic", "llama3")));
        yield NONE;
      }
    };
  }

  private static RopeScaling llama3(ConfigReader rope, int context) {
    for (String key : List.of("low_freq_factor", "high_freq_factor")) {
      rope.require(rope.isPresent(key), key + " of the rotary embedding is missing");
    }
    double slow = rope.positive("low_freq_factor", 1, MAX_FACTOR);
    double fast = rope.positive("high_freq_factor", 4, MAX_FACTOR);
    rope.require(slow < fast, "low_freq_factor %s is not below %s".formatted(slow, fast));
    return new RopeScaling(
        1,
        factor(rope),
        slow,
        fast,
        rope.count("original_max_position_embeddings", context, 1 << 24));
  }

  private static double factor(ConfigReader rope) {
    rope.require(rope.isPresent("factor"), "factor of the rotary embedding is missing");
    return rope.positive("factor", 1, MAX_FACTOR);
  }

  void write(ObjectNode text) {
    if (slowest != 1) {
      text.putObject("rope_scaling")
          .put("rope_type", "llama3")
          .put("factor", slowest)
          .put("low_freq_factor", slow)
          .put("high_freq_factor", fast)
          .put("original_max_position_embeddings", trained);
    } else if (stretch != 1) {
      text.putObject("rope_scaling").put("rope_type", "linear").put("factor", stretch);
    }
  }
}
