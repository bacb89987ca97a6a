// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ColumnsTest {
  @Test
  void columnsAreAsWideAsTheirWidestCellAndLinesEndWithoutBlanks() {
    Columns table =
        new Columns(List.of(List.of("A", "LONG"), List.of("wider", "x"), List.of("", "y")));

    assertThat(table.toString().lines()).containsExactly("A      LONG", "wider  x", "       y");
  }

  @Test
  void numbersAreFlushRight() {
    Columns table = new Columns(List.of(List.of("part", "bytes"), List.of("a", "7")), Set.of(1));

    assertThat(table.toString().lines()).containsExactly("part  bytes", "a         7");
  }
}
