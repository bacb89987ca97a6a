// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StopTextTest {
  private static String through(StopText stop, String... pieces) {
    StringBuilder out = new StringBuilder();
    for (String piece : pieces) {
      out.append(stop.next(piece));
    }
    return out.append(stop.finish()).toString();
  }

  @Test
  void aStopMaySpanPiecesAndNothingOfItIsGivenOut() {
    StopText stop = new StopText(List.of("Human:", "\n\n"));

    assertThat(stop.next("An owl. H")).isEqualTo("An owl. ");
    assertThat(stop.next("um")).isEmpty();
    assertThat(stop.next("an: and")).isEmpty();
    assertThat(stop.isFound()).isTrue();
    assertThat(stop.next("more")).isEmpty();
  }

  @Test
  void whatOnlyBeganLikeAStopIsGivenOutLater() {
    StopText stop = new StopText(List.of("aab"));

    assertThat(through(stop, "xa", "a", "a", "c", "aa")).isEqualTo("xaaacaa");
    assertThat(stop.isFound()).isFalse();
  }

  @Test
  void theEarliestStopEndsTheAnswerHoweverTheTextIsCut() {
    Random random = new Random(1);
    for (int i = 0; i < 2000; i++) {
      StringBuilder text = new StringBuilder();
      for (int j = random.nextInt(30); j > 0; j--) {
        text.append((char) ('a' + random.nextInt(2)));
      }
      List<String> stops = List.of("abba", "bbb", "aabaa");
      int end =
          stops.stream().mapToInt(text::indexOf).filter(at -> at >= 0).min().orElse(text.length());
      List<String> pieces = new ArrayList<>();
      for (int from = 0; from < text.length(); ) {
        int to = Math.min(text.length(), from + 1 + random.nextInt(4));
        pieces.add(text.substring(from, to));
        from = to;
      }

      assertThat(through(new StopText(stops), pieces.toArray(String[]::new)))
          .as(text.toString())
          .isEqualTo(text.substring(0, end));
    }
  }

  @Test
  void tooManyAndTooLongOnesAreRefused() {
    assertThatThrownBy(() -> new StopText(Collections.nCopies(17, "x")))
        .hasMessageContaining("17 texts, the limit is 16");
    assertThatThrownBy(() -> new StopText(List.of("ok", "")))
        .hasMessageContaining("stop[1]: 0 characters, allowed are 1 to 256");
  }
}
