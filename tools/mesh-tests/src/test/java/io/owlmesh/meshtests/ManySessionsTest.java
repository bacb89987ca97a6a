// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.bench.Growth;
import io.owlmesh.bench.GrowthBench;
import io.owlmesh.core.OwlException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The rows that the measurement of many conversations writes are what an orchestrator keeps. */
@Timeout(180)
class ManySessionsTest {
  @Test
  void conversationsThatWereWrittenIntoTheTablesAreListedOpenedAndGoneOnWith() throws Exception {
    List<String> told = new ArrayList<>();

    List<Growth> growth =
        new GrowthBench(2, 1, told::add).sessions(Processes.ROOT, List.of(60), Optional.empty());

    assertThat(told).containsExactly("conversations in H2: 60");
    assertThat(growth).hasSize(3);
    assertThat(growth)
        .allSatisfy(one -> {
          assertThat(one.lines()).extracting(Growth.Line::name).containsExactly("H2");
          assertThat(one.lines().getFirst().points())
              .extracting(Growth.Point::at)
              .containsExactly(60);
        });
  }

  @Test
  void aDatabaseInWhichSomebodyMayKeepSomethingIsRefused(@TempDir Path folder) throws Exception {
    String url = "jdbc:h2:file:" + folder.resolve("other");
    try (Connection connection = DriverManager.getConnection(url)) {
      connection.createStatement().execute("CREATE TABLE precious (id INTEGER)");
    }

    assertThatThrownBy(() ->
            new GrowthBench(2, 1, _ -> {}).sessions(Processes.ROOT, List.of(1), Optional.of(url)))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining("has tables already");
  }
}
