// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.DoubleHistogramBuilder;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.owlmesh.proto.chat.v1.AnswerDone;
import java.util.List;

/** What becomes of all answers, whichever door they were asked through, as metrics. */
final class AnswerInstruments {
  private static final AttributeKey<String> STATUS = AttributeKey.stringKey("status");
  private static final AttributeKey<String> MODEL = AttributeKey.stringKey("model");
  private static final AttributeKey<String> TENANT = AttributeKey.stringKey("tenant");
  private static final AttributeKey<String> TYPE = AttributeKey.stringKey("type");
  private static final AttributeKey<Boolean> CACHED = AttributeKey.booleanKey("cached");
  private static final double MICROS = 1e6;
  private static final List<Double> SECONDS =
      List.of(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0);

  private final DoubleHistogram duration;
  private final DoubleHistogram firstToken;
  private final LongCounter tokens;
  private final LongCounter images;
  private final LongCounter tenantAnswers;
  private final LongCounter tenantTokens;

  AnswerInstruments(Meter meter, AdmissionQueue places) {
    duration =
        timed(meter.histogramBuilder("owl.answer.duration"))
            .setDescription("From a request to the end of its answer")
            .build();
    firstToken =
        timed(meter.histogramBuilder("owl.answer.first_token"))
            .setDescription("From the begin of an answer to its first token")
            .build();
    tokens =
        meter
            .counterBuilder("owl.answer.tokens")
            .setDescription("Tokens of answers: input, visual (of the input), output")
            .build();
    images =
        meter
            .counterBuilder("owl.answer.images")
            .setDescription("Images shown to the model, by whether their tokens were known")
            .build();
    tenantAnswers =
        meter
            .counterBuilder("owl.tenant.answers")
            .setDescription("Answers to callers of a tenant")
            .build();
    tenantTokens =
        meter
            .counterBuilder("owl.tenant.tokens")
            .setDescription("Tokens of a tenant's answers: input, output")
            .build();
    meter
        .gaugeBuilder("owl.answers.waiting")
        .ofLongs()
        .setDescription("Answers that wait for a place")
        .buildWithCallback(to -> to.record(places.waiting()));
    meter
        .gaugeBuilder("owl.answers.running")
        .ofLongs()
        .setDescription("Answers in work")
        .buildWithCallback(to -> to.record(places.running()));
    meter
        .gaugeBuilder("owl.answers.expected_wait")
        .setUnit("s")
        .setDescription("How long the last of those that wait will wait for a place")
        .buildWithCallback(to -> to.record(places.expectedWait().toMillis() / 1e3));
  }

  private static DoubleHistogramBuilder timed(DoubleHistogramBuilder builder) {
    return builder.setUnit("s").setExplicitBucketBoundariesAdvice(SECONDS);
  }

  /**
   * An answer is over.
   *
   * @param tenant of its caller, as metrics name it
   * @param model that was asked; empty if it did not come to that
   * @param status name of its gRPC status
   */
  void ended(String tenant, String model, String status, double seconds) {
    tenantAnswers.add(1, Attributes.of(TENANT, tenant, STATUS, status));
    duration.record(seconds, Attributes.of(MODEL, model, STATUS, status));
  }

  /**
   * It was complete.
   *
   * @param shown images of its prompt
   */
  void complete(String tenant, String model, AnswerDone done, int shown) {
    tenantTokens.add(done.getPromptTokens(), Attributes.of(TENANT, tenant, TYPE, "input"));
    tenantTokens.add(done.getCompletionTokens(), Attributes.of(TENANT, tenant, TYPE, "output"));
    firstToken.record(
        done.getTimings().getFirstTokenMicros() / MICROS, Attributes.of(MODEL, model));
    tokens.add(done.getPromptTokens(), Attributes.of(MODEL, model, TYPE, "input"));
    tokens.add(done.getVisualTokens(), Attributes.of(MODEL, model, TYPE, "visual"));
    tokens.add(done.getCompletionTokens(), Attributes.of(MODEL, model, TYPE, "output"));
    images.add(done.getCachedImages(), Attributes.of(MODEL, model, CACHED, true));
    images.add(
        Math.max(shown - done.getCachedImages(), 0), Attributes.of(MODEL, model, CACHED, false));
  }
}
