// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.option;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ProgressLineTest {
  private static final long TOTAL = 1L << 30;

  @Test
  void aTerminalSeesOneLineThatGrows() {
    String shown = write(true, TOTAL);

    assertThat(shown.lines().filter(line -> !line.isEmpty()).count()).isGreaterThan(1);
    assertThat(shown.chars().filter(c -> c == '\n')).hasSize(1);
    assertThat(shown).contains("\r").contains("[###").contains("100 % of 1.1 GB");
  }

  @Test
  void aFileGetsALineForEachTenth() {
    assertThat(write(false, TOTAL).lines()).hasSize(10);
  }

  @Test
  void whatIsDoneAtOnceIsNotShown() {
    assertThat(write(true, 1 << 20)).isEmpty();
  }

  private static String write(boolean terminal, long total) {
    StringWriter screen = new StringWriter();
    ProgressLine line = new ProgressLine(new PrintWriter(screen), terminal);
    for (int i = 1; i <= 1000; i++) {
      line.at(total / 1000 * i + (i == 1000 ? total % 1000 : 0), total);
    }
    return screen.toString();
  }
}
