// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.owlmesh.proto.chat.v1.AnswerTimings;

/** Times of an answer, in the order that they pass, and of a call beside it. */
enum Quantity {
  QUEUE("queue"),
  PREPARE("prepare"),
  VISION("vision"),
  ABSTRACTOR("abstractor"),
  PREFILL("prefill"),
  DECODE("decode"),
  HOPS("hops"),
  FIRST_TOKEN("first token"),
  TOTAL("total"),
  CLIENT_FIRST_TEXT("first text at the client"),
  CLIENT_WALL("wall at the client"),
  EMPTY_CALL("an empty call");

  private final String label;

  Quantity(String label) {
    this.label = label;
  }

  String label() {
    return label;
  }

  long micros(RequestSample sample) {
    AnswerTimings timings = sample.done().getTimings();
    return switch (this) {
      case QUEUE -> timings.getQueueMicros();
      case PREPARE -> timings.getPrepareMicros();
      case VISION -> timings.getVisionMicros();
      case ABSTRACTOR -> timings.getAbstractorMicros();
      case PREFILL -> timings.getPrefillMicros();
      case DECODE -> timings.getDecodeMicros();
      case HOPS -> timings.getHopsMicros();
      case FIRST_TOKEN -> timings.getFirstTokenMicros();
      case TOTAL -> timings.getTotalMicros();
      case CLIENT_FIRST_TEXT -> sample.firstTextMicros();
      case CLIENT_WALL -> sample.wallMicros();
      case EMPTY_CALL -> sample.emptyCallMicros();
    };
  }
}
