// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.option;

import io.owlmesh.client.Address;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.SessionSettings;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code ask} and {@code chat} have in common: where to ask, and how to answer. */
public final class AnswerFlags {
  @Mixin private MeshFlag mesh = new MeshFlag();

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "Model that answers, as ./owl models names it (default: the mesh's).")
  private String model = "";

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

  public Duration timeout() {
    return Duration.ofSeconds(timeoutSeconds);
  }

  /** Empty for the model of requests that name none. */
  public String model() {
    return model;
  }

  public Address address(Home home) throws IOException, MeshException {
    return mesh.address(home);
  }

  /** A session's settings, with what was said here in place of what they were. */
  public SessionSettings onto(SessionSettings before) {
    SessionSettings.Builder after = before.toBuilder();
    if (!system.isEmpty()) {
      after.setSystem(system);
    }
    if (!model.isEmpty()) {
      after.setModel(model);
    }
    AnswerOptions options = options();
    if (!options.equals(AnswerOptions.getDefaultInstance())) {
      after.setOptions(before.getOptions().toBuilder().mergeFrom(options));
    }
    return after.build();
  }

  /** The mesh checks the values: it knows the limits of its model. */
  public AnswerOptions options() {
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
