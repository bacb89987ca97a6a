// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.owlmesh.proto.chat.v1.AnswerTimings;
import io.owlmesh.proto.llm.v1.GenerateTimings;
import io.owlmesh.proto.tensor.v1.StageTimings;
import java.util.concurrent.TimeUnit;

/** Adds up where the time of one answer goes. */
final class Timings {
  private final long begin = System.nanoTime();
  private long firstToken;
  private long queue;
  private long prepare;
  private long vision;
  private long abstractor;
  private int cachedImages;

  synchronized void cached(int images) {
    cachedImages += images;
  }

  synchronized int cachedImages() {
    return cachedImages;
  }

  synchronized void vision(StageTimings stage) {
    queue += stage.getQueueMicros();
    prepare += stage.getPrepareMicros();
    vision += share(stage);
  }

  synchronized void abstractor(StageTimings stage) {
    queue += stage.getQueueMicros();
    abstractor += share(stage);
  }

  /** An image's part of the time of its batch. */
  private static long share(StageTimings stage) {
    return stage.getComputeMicros() / Math.max(stage.getBatchSize(), 1);
  }

  synchronized void firstToken() {
    firstToken = micros();
  }

  private long micros() {
    return TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - begin);
  }

  synchronized AnswerTimings end(GenerateTimings llm) {
    long engines = prepare + vision + abstractor + llm.getPrefillMicros();
    long waiting = queue + llm.getQueueMicros();
    return AnswerTimings.newBuilder()
        .setTotalMicros(micros())
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
}
