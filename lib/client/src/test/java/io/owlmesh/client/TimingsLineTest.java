// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.AnswerTimings;
import org.junit.jupiter.api.Test;

class TimingsLineTest {
  private static final Trace TRACE =
      new Trace("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
  private static final AnswerTimings TIMINGS =
      AnswerTimings.newBuilder()
          .setPrepareMicros(800)
          .setVisionMicros(3_100)
          .setAbstractorMicros(900)
          .setPrefillMicros(12_000)
          .setDecodeMicros(61_000)
          .setFirstTokenMicros(21_000)
          .setHopsMicros(1_200)
          .setTotalMicros(1_234_000)
          .build();

  @Test
  void everyStageHasItsTime() {
    AnswerDone done =
        AnswerDone.newBuilder()
            .setPromptTokens(90)
            .setVisualTokens(65)
            .setCompletionTokens(24)
            .setTimings(TIMINGS)
            .build();

    assertThat(TimingsLine.of(done, TRACE))
        .isEqualTo(
            "prepare 0.8 ms · vision 3.1 ms · abstractor 0.9 ms · prefill 12 ms (90)"
                + " · 24 tokens in 61 ms (377 tokens/s) · first token 21 ms · queue 0.0 ms"
                + " · hops 1.2 ms · total 1.2 s · trace 4bf92f3577b34da6a3ce929d0e0e4736");
  }

  @Test
  void whatWasKnownBeforeIsTold() {
    AnswerDone done =
        AnswerDone.newBuilder()
            .setPromptTokens(90)
            .setVisualTokens(65)
            .setCachedImages(1)
            .setCachedPromptTokens(80)
            .setCompletionTokens(24)
            .setTimings(
                TIMINGS.toBuilder()
                    .clearPrepareMicros()
                    .clearVisionMicros()
                    .clearAbstractorMicros())
            .build();

    assertThat(TimingsLine.of(done, TRACE))
        .startsWith("1 image known · prefill 12 ms (90, 80 known) · 24 tokens");
  }

  @Test
  void aSlowModelIsNotRoundedToOneTokenASecond() {
    AnswerDone done =
        AnswerDone.newBuilder()
            .setCompletionTokens(16)
            .setTimings(TIMINGS.toBuilder().setDecodeMicros(10_700_000))
            .build();

    assertThat(TimingsLine.of(done, TRACE)).contains("16 tokens in 10.7 s (1.4 tokens/s)");
  }

  @Test
  void withoutImagesTheirStagesAreLeftOut() {
    AnswerDone done = AnswerDone.newBuilder().setCompletionTokens(1).setTimings(TIMINGS).build();

    assertThat(TimingsLine.of(done, TRACE)).startsWith("prefill").contains("1 token in");
  }
}
