// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.AnswerTimings;
import io.owlmesh.proto.chat.v1.FinishReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Where the time of an answer went, on one line. */
public final class TimingsLine {
  private TimingsLine() {}

  public static String of(AnswerDone done, Trace trace) {
    AnswerTimings timings = done.getTimings();
    List<String> parts = new ArrayList<>();
    if (done.getCachedImages() > 0) {
      int images = done.getCachedImages();
      parts.add("%d %s known".formatted(images, images == 1 ? "image" : "images"));
    }
    if (done.getVisualTokens() > 0 && timings.getVisionMicros() > 0) {
      parts.add("prepare " + time(timings.getPrepareMicros()));
      parts.add("vision " + time(timings.getVisionMicros()));
      parts.add("abstractor " + time(timings.getAbstractorMicros()));
    }
    parts.add("prefill %s (%s)".formatted(time(timings.getPrefillMicros()), positions(done)));
    parts.add(tokens(done));
    parts.add("first token " + time(timings.getFirstTokenMicros()));
    parts.add("queue " + time(timings.getQueueMicros()));
    parts.add("hops " + time(timings.getHopsMicros()));
    parts.add("total " + time(timings.getTotalMicros()));
    if (done.getReason() == FinishReason.FINISH_REASON_LENGTH) {
      parts.add("cut at the limit of tokens");
    }
    parts.add("trace " + (done.getTraceId().isEmpty() ? trace.id() : done.getTraceId()));
    return String.join(" · ", parts);
  }

  private static String positions(AnswerDone done) {
    int cached = done.getCachedPromptTokens();
    return cached == 0
        ? Integer.toString(done.getPromptTokens())
        : "%d, %d known".formatted(done.getPromptTokens(), cached);
  }

  /** The first token comes with the prefill: decoding takes the time of one less. */
  private static String tokens(AnswerDone done) {
    long micros = done.getTimings().getDecodeMicros();
    int count = done.getCompletionTokens();
    String plain = "%d %s in %s".formatted(count, count == 1 ? "token" : "tokens", time(micros));
    if (micros <= 0 || count < 2) {
      return plain;
    }
    double rate = (count - 1) * 1e6 / micros;
    return plain
        + String.format(Locale.ROOT, rate < 10 ? " (%.1f tokens/s)" : " (%.0f tokens/s)", rate);
  }

  /** Two or three figures: a person compares stages, not digits. */
  public static String time(long micros) {
    if (micros < 10_000) {
      return String.format(Locale.ROOT, "%.1f ms", micros / 1e3);
    }
    return micros < 1_000_000
        ? String.format(Locale.ROOT, "%.0f ms", micros / 1e3)
        : String.format(Locale.ROOT, "%.1f s", micros / 1e6);
  }
}
