// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.grpc.Context;
import io.owlmesh.core.Fault;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.orchestrator.mesh.MeshReplicas;
import io.owlmesh.orchestrator.mesh.PlacedCall;
import io.owlmesh.orchestrator.mesh.StageFailure;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.orchestrator.mesh.StageWork;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.TokenizeRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Counts the positions that prompts take. */
final class PromptLength {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final int ATTEMPTS = 3;

  private PromptLength() {}

  /** As {@link MeshModel#positions}, for images of so many visual tokens. */
  static int of(Prompt prompt, int visualTokens, int bound, MeshReplicas replicas) {
    int fixed = 1; // The beginning-of-sequence token.
    for (Prompt.Part part : prompt.parts()) {
      fixed +=
          switch (part) {
            case Prompt.Image _ -> visualTokens;
            case Prompt.Mark _ -> 1;
            case Prompt.Text _ -> 0;
          };
    }
    int most = fixed + mostOfTexts(prompt);
    return most <= bound ? most : fixed + ofTexts(prompt, replicas);
  }

  /** No token is less than a byte, but for one before a text. */
  private static int mostOfTexts(Prompt prompt) {
    int most = 0;
    for (Prompt.Part part : prompt.parts()) {
      if (part instanceof Prompt.Text(String text)) {
        most += text.getBytes(StandardCharsets.UTF_8).length + 1;
      }
    }
    return most;
  }

  private static int ofTexts(Prompt prompt, MeshReplicas replicas) {
    StageWork work = StageWork.call(replicas.groups().inUse().digests());
    Failover failover = new Failover(replicas.of(StageKind.LLM), ATTEMPTS, false);
    while (true) {
      PlacedCall place = failover.place(work);
      try {
        int tokens = ofTexts(prompt, place);
        place.succeeded();
        return tokens;
      } catch (StageFailure e) {
        failover.failed(place, e);
      }
    }
  }

  private static int ofTexts(Prompt prompt, PlacedCall place) {
    var llm = LanguageModelGrpc.newBlockingStub(place.channel());
    int tokens = 0;
    for (Prompt.Part part : prompt.parts()) {
      if (part instanceof Prompt.Text(String text)) {
        tokens += count(llm, text);
      }
    }
    return tokens;
  }

  private static int count(LanguageModelGrpc.LanguageModelBlockingStub llm, String text) {
    try {
      return llm.withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
          .tokenize(TokenizeRequest.newBuilder().setText(text).build())
          .getIdsCount();
    } catch (RuntimeException e) {
      StageFailure failure = new StageFailure(StageKind.LLM, e);
      boolean ours = failure.fault().fault() == Fault.TOO_LATE && !Context.current().isCancelled();
      throw ours ? StageFailure.silent(StageKind.LLM, "answer", PATIENCE) : failure;
    }
  }
}
