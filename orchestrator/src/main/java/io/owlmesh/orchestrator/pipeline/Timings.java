// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.owlmesh.orchestrator.mesh.PlacedCall;
import io.owlmesh.proto.chat.v1.AnswerSpan;
import io.owlmesh.proto.chat.v1.AnswerTimings;
import io.owlmesh.proto.chat.v1.SpanPhase;
import io.owlmesh.proto.llm.v1.GenerateTimings;
import io.owlmesh.proto.tensor.v1.StageTimings;
import io.owlmesh.wire.identity.Caller;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Where the time of one answer goes: added up, and as spans. */
final class Timings {
  private static final int MAX_SPANS = 128;

  private final long begin = System.nanoTime();
  // Spans are kept with the answer: where replicas are is told only where nobody needs a
  // credential.
  private final boolean tellsReplicas = isOpen();
  private final List<AnswerSpan.Builder> spans = new ArrayList<>();
  private final Map<PromptImage, Long> encodedAt = new HashMap<>();
  private long firstToken;
  private long queue;
  private long prepare;
  private long vision;
  private long abstractor;
  private int cachedImages;

  private static boolean isOpen() {
    Caller caller = Caller.current();
    return caller == null || caller.tenant().isEmpty();
  }

  synchronized void cached(int images) {
    cachedImages += images;
  }

  synchronized int cachedImages() {
    return cachedImages;
  }

  /** A picture's features are there. */
  synchronized void vision(PlacedCall place, PromptImage picture, StageTimings stage) {
    queue += stage.getQueueMicros();
    prepare += stage.getPrepareMicros();
    vision += share(stage);
    long now = System.nanoTime();
    encodedAt.put(picture, now);
    add(SpanPhase.SPAN_PHASE_VISION, place, place.placedAt(), now, picture, stage);
  }

  /** A picture's visual tokens are there. */
  synchronized void abstractor(PlacedCall place, PromptImage picture, StageTimings stage) {
    queue += stage.getQueueMicros();
    abstractor += share(stage);
    long from = encodedAt.getOrDefault(picture, place.placedAt());
    add(SpanPhase.SPAN_PHASE_ABSTRACTOR, place, from, System.nanoTime(), picture, stage);
  }

  /** An image's part of the time of its batch. */
  private static long share(StageTimings stage) {
    return stage.getComputeMicros() / Math.max(stage.getBatchSize(), 1);
  }

  private void add(
      SpanPhase phase,
      PlacedCall place,
      long from,
      long to,
      PromptImage picture,
      StageTimings stage) {
    add(phase, place, from, to)
        .setImageIndex(picture.indices().getFirst())
        .setQueueMicros(stage.getQueueMicros())
        .setPrepareMicros(stage.getPrepareMicros())
        .setComputeMicros(stage.getComputeMicros())
        .setBatchSize(stage.getBatchSize());
  }

  private AnswerSpan.Builder add(SpanPhase phase, PlacedCall place, long from, long to) {
    AnswerSpan.Builder span =
        AnswerSpan.newBuilder()
            .setPhase(phase)
            .setStartMicros(micros(from))
            .setEndMicros(micros(to))
            .setReplica(tellsReplicas ? place.replica().address() : "")
            .setReason(place.choice().reason());
    if (spans.size() < MAX_SPANS) {
      spans.add(span);
    }
    return span;
  }

  /**
   * A replica ended writing, or lost the answer.
   *
   * @param firstAt when its first token came, {@link System#nanoTime}; 0 if none did
   */
  synchronized void wrote(PlacedCall place, long firstAt) {
    long now = System.nanoTime();
    add(SpanPhase.SPAN_PHASE_PREFILL, place, place.askedAt(), firstAt == 0 ? now : firstAt);
    if (firstAt != 0) {
      add(SpanPhase.SPAN_PHASE_DECODE, place, firstAt, now);
    }
  }

  synchronized void firstToken() {
    firstToken = micros(System.nanoTime());
  }

  private long micros(long at) {
    return Math.max(TimeUnit.NANOSECONDS.toMicros(at - begin), 0);
  }

  synchronized AnswerTimings end(GenerateTimings llm) {
    long engines = prepare + vision + abstractor + llm.getPrefillMicros();
    long waiting = queue + llm.getQueueMicros();
    last(SpanPhase.SPAN_PHASE_PREFILL, llm.getQueueMicros(), llm.getPrefillMicros());
    last(SpanPhase.SPAN_PHASE_DECODE, 0, llm.getDecodeMicros());
    return AnswerTimings.newBuilder()
        .setTotalMicros(micros(System.nanoTime()))
        .setFirstTokenMicros(firstToken)
        .setQueueMicros(waiting)
        .setPrepareMicros(prepare)
        .setVisionMicros(vision)
        .setAbstractorMicros(abstractor)
        .setPrefillMicros(llm.getPrefillMicros())
        .setDecodeMicros(llm.getDecodeMicros())
        .setHopsMicros(Math.max(firstToken - engines - waiting, 0))
        .build();
  }

  /** What the replica that ended the answer told of its own part. */
  private void last(SpanPhase phase, long waited, long computed) {
    for (int i = spans.size() - 1; i >= 0; i--) {
      if (spans.get(i).getPhase() == phase) {
        spans.get(i).setQueueMicros(waited).setComputeMicros(computed);
        return;
      }
    }
  }

  /** In the order in which they began. */
  synchronized List<AnswerSpan> spans() {
    return spans.stream()
        .map(AnswerSpan.Builder::build)
        .sorted(Comparator.comparingLong(AnswerSpan::getStartMicros))
        .toList();
  }
}
