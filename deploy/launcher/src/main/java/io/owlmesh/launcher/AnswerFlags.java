// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import io.owlmesh.launcher.mesh.MeshException;
import io.owlmesh.launcher.mesh.MeshRecord;
import io.owlmesh.launcher.talk.Address;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What {@code ask} and {@code chat} have in common: where to ask, and how to answer. */
final class AnswerFlags {
  @SuppressWarnings("NullAway.Init")
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--address",
      paramLabel = "HOST:PORT",
      description =
          "Where the mesh answers (default: the one that is up here, else 127.0.0.1:9000).")
  private @Nullable String address;

  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      description = "Length of the answer at most.")
  private @Nullable Integer maxNewTokens;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "Sharpness of sampling, 0 to 10; 0 is greedy (default: 0).")
  private @Nullable Float temperature;

  @Option(names = "--top-k", paramLabel = "N", description = "Sample among the N likeliest tokens.")
  private @Nullable Integer topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Sample among the likeliest tokens that together reach probability P.")
  private @Nullable Float topP;

  @Option(names = "--seed", paramLabel = "N", description = "Makes sampling repeatable.")
  private @Nullable Long seed;

  @Option(
      names = "--adapter",
      paramLabel = "NAME",
      description = "LoRA adapter to apply; '' for none (default: the mesh's).")
  private @Nullable String adapter;

  @Option(
      names = "--system",
      paramLabel = "TEXT",
      description = "Sentence that sets the scene (default: the one of the model's training).")
  private String system = "";

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description = "How long an answer may take (default: ${DEFAULT-VALUE}).")
  private int timeoutSeconds = 600;

  String system() {
    return system;
  }

  Duration timeout() {
    return Duration.ofSeconds(timeoutSeconds);
  }

  Address address(Home home) throws IOException, MeshException {
    if (address != null) {
      try {
        return Address.parse(address);
      } catch (IllegalArgumentException notAnAddress) {
        throw new ParameterException(spec.commandLine(), notAnAddress.getMessage(), notAnAddress);
      }
    }
    Optional<MeshRecord> here = home.run().recorded().filter(mesh -> !mesh.alive().isEmpty());
    return here.map(MeshRecord::frontDoor).orElse(Address.DEFAULT);
  }

  /** The mesh checks the values: it knows the limits of its model. */
  AnswerOptions options() {
    AnswerOptions.Builder options = AnswerOptions.newBuilder();
    if (adapter != null) {
      options.setAdapter(adapter);
    }
    if (maxNewTokens != null) {
      options.setMaxNewTokens(maxNewTokens);
    }
    if (temperature != null) {
      options.setTemperature(temperature);
    }
    if (topK != null) {
      options.setTopK(topK);
    }
    if (topP != null) {
      options.setTopP(topP);
    }
    if (seed != null) {
      options.setSeed(seed);
    }
    return options.build();
  }
}
