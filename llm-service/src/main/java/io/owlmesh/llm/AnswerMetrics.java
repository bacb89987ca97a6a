// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.LongHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.owlmesh.llm.engine.AnswerStats;
import io.owlmesh.llm.engine.EngineCounts;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * What the engine does, for those who watch many services. Names that begin with {@code gen_ai} are
 * those of OpenTelemetry's semantic conventions.
 */
public final class AnswerMetrics implements AutoCloseable {
  private static final double NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final AttributeKey<String> STATE = AttributeKey.stringKey("state");
  // Boundaries in seconds. Those of the conventions, and below them for small models.
  private static final List<Double> FIRST =
      List.of(
          0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5,
          10.0, 30.0, 60.0);
  private static final List<Double> NEXT =
      List.of(
          0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5,
          0.75, 1.0, 2.5);
  private static final List<Double> WHOLE =
      List.of(
          0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92);
  private static final List<Long> COUNTS =
      List.of(1L, 4L, 16L, 64L, 256L, 1024L, 4096L, 16_384L, 65_536L);

  private final Meter meter;
  private final List<AutoCloseable> watched = new ArrayList<>();
  private final DoubleHistogram timeToFirst;
  private final DoubleHistogram timePerToken;
  private final DoubleHistogram duration;
  private final LongHistogram usage;
  private final Attributes about;
  private final Attributes input;
  private final Attributes output;
  private final LongCounter tokens;

  /**
   * @param model name that requests are answered under
   */
  AnswerMetrics(Meter meter, String model, EngineCounts counts) {
    this.meter = meter;
    about =
        Attributes.of(
            GenAi.OPERATION,
            GenAi.TEXT_COMPLETION,
            GenAi.PROVIDER,
            GenAi.OWLMESH,
            GenAi.MODEL,
            model);
    input = about.toBuilder().put(GenAi.TOKEN_TYPE, "input").build();
    output = about.toBuilder().put(GenAi.TOKEN_TYPE, "output").build();
    duration =
        meter
            .histogramBuilder("gen_ai.server.request.duration")
            .setUnit("s")
            .setDescription("From a request's arrival to its last token")
            .setExplicitBucketBoundariesAdvice(WHOLE)
            .build();
    usage =
        meter
            .histogramBuilder("gen_ai.client.token.usage")
            .ofLongs()
            .setUnit("{token}")
            .setDescription("Tokens of a prompt, tokens of an answer")
            .setExplicitBucketBoundariesAdvice(COUNTS)
            .build();
    timeToFirst =
        meter
            .histogramBuilder("gen_ai.server.time_to_first_token")
            .setUnit("s")
            .setDescription("From a request's arrival to its first token")
            .setExplicitBucketBoundariesAdvice(FIRST)
            .build();
    timePerToken =
        meter
            .histogramBuilder("gen_ai.server.time_per_output_token")
            .setUnit("s")
            .setDescription("Mean time between an answer's tokens after the first")
            .setExplicitBucketBoundariesAdvice(NEXT)
            .build();
    tokens = meter.counterBuilder("owl.engine.tokens").setDescription("Tokens generated").build();
    gauge("waiting", "Sequences that wait for a place or for room", counts::waiting);
    gauge("running", "Sequences that are read or written", counts::running);
    counter("preemptions", "Sequences whose room was given to others", counts::preemptions);
    counter("steps", "Steps computed", counts::steps);
    counter("step.sequences", "Sequences of all steps, added up", counts::rows);
    counter("step.positions", "Positions of all steps, added up", counts::positions);
    counter("spec_decode.draft_tokens", "Proposed ids computed", counts::draftTokens);
    counter(
        "spec_decode.accepted_tokens",
        "Of these, those that became tokens",
        counts::acceptedTokens);
    counter("prompt.positions", "Positions of prompts begun", counts::promptPositions);
    counter(
        "prompt.cached_positions",
        "Of these, found in the cache",
        () -> counts.promptPositions() - counts.computedPromptPositions());
    counter("cache.evictions", "Kept blocks whose room was needed", counts::evictions);
    watched.add(
        meter
            .counterBuilder("owl.engine.step.time")
            .ofDoubles()
            .setUnit("s")
            .setDescription("Time in native code")
            .buildWithCallback(to -> to.record(counts.nativeNanos() / NANOS)));
    watched.add(
        meter
            .gaugeBuilder("owl.engine.cache.blocks")
            .ofLongs()
            .setDescription("Blocks of the key/value cache by state: held, kept, empty")
            .buildWithCallback(to -> {
              int held = counts.blocksHeld();
              int kept = counts.blocksIdle();
              to.record(held, Attributes.of(STATE, "held"));
              to.record(kept, Attributes.of(STATE, "kept"));
              to.record(counts.blocks() - held - kept, Attributes.of(STATE, "empty"));
            }));
  }

  private void gauge(String name, String description, LongSupplier value) {
    watched.add(
        meter
            .gaugeBuilder("owl.engine." + name)
            .ofLongs()
            .setDescription(description)
            .buildWithCallback(to -> to.record(value.getAsLong())));
  }

  private void counter(String name, String description, LongSupplier value) {
    watched.add(
        meter
            .counterBuilder("owl.engine." + name)
            .setDescription(description)
            .buildWithCallback(to -> to.record(value.getAsLong())));
  }

  /** A token was generated. */
  public void token() {
    tokens.add(1);
  }

  /**
   * An answer is complete.
   *
   * @param promptTokens positions of its prompt
   * @param resumed tokens of it that were written elsewhere
   */
  public void ended(AnswerStats stats, int promptTokens, int resumed) {
    long first = stats.queueNanos() + stats.prefillNanos();
    int written = stats.tokens() - resumed;
    timeToFirst.record(first / NANOS, about);
    if (written > 1) {
      timePerToken.record(stats.decodeNanos() / NANOS / (written - 1), about);
    }
    duration.record((first + stats.decodeNanos()) / NANOS, about);
    usage.record(promptTokens, input);
    usage.record(written, output);
  }

  @Override
  public void close() {
    for (AutoCloseable one : watched) {
      try {
        one.close();
      } catch (Exception e) {
        throw new IllegalStateException("an instrument could not be closed", e);
      }
    }
  }
}
