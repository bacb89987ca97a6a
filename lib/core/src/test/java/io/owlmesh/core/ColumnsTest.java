// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ColumnsTest {
  @Test
  void columnsAreAsWideAsTheirWidestCellAndLinesEndWithoutBlanks() {
    Columns table =
        new Columns(List.of(List.of("A", "LONG"), List.of("wider", "x"), List.of("", "y")));

    assertThat(table.toString().lines()).containsExactly("A      LONG", "wider  x", "       y");
  }
}
