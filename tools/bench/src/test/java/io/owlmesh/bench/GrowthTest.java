// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.bench.Growth.Line;
import io.owlmesh.bench.Growth.Point;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

class GrowthTest {
  private static final Growth TWO =
      new Growth(
          "open <one>",
          "conversations",
          "ms",
          List.of(
              new Line("H2", List.of(new Point(1_000, 0.5), new Point(10_000, 2.25))),
              new Line("PostgreSQL", List.of(new Point(1_000, 12)))));

  @Test
  void aTableHasAColumnForEachQuantityAndGapsWhereNothingWasMeasured() {
    assertThat(TWO.toString().lines())
        .containsExactly(
            "conversations               1,000  10,000",
            "open <one>, H2, ms           0.50    2.25",
            "open <one>, PostgreSQL, ms   12.0");
  }

  @Test
  void thePictureIsWellFormedAndHasEveryPoint() throws Exception {
    Growth one = new Growth("step", "answers", "ms", List.of(new Line("", List.of())));

    String svg = GrowthChart.svg(List.of(TWO, one));

    Document document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    assertThat(document.getElementsByTagName("circle").getLength()).isEqualTo(3);
    assertThat(document.getElementsByTagName("polyline").getLength()).isEqualTo(2);
    assertThat(svg).contains("open &lt;one>, ms", ">10,000</text>");
  }
}
