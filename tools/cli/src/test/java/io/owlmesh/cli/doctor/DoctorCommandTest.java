// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.cli.doctor.Finding.Verdict;
import io.owlmesh.launcher.LocalAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorCommandTest {
  @TempDir private Path folder;

  @Test
  void thisMachineRunsTheTests() {
    assertThat(Checks.java().verdict()).isEqualTo(Verdict.OK);
    assertThat(Checks.clock(Instant.now()).verdict()).isEqualTo(Verdict.OK);
    assertThat(Checks.data(folder.resolve("not/there/yet")).verdict()).isEqualTo(Verdict.OK);
    assertThat(Checks.clock(Instant.EPOCH).verdict()).isEqualTo(Verdict.FAILURE);
  }

  @Test
  void aFolderThatIsNoCheckpointIsSaidToBeNone() throws IOException {
    assertThat(Checks.checkpoint(folder).verdict()).isEqualTo(Verdict.FAILURE);

    Files.writeString(folder.resolve("config.json"), "{}");

    assertThat(Checks.checkpoint(folder).verdict()).isEqualTo(Verdict.OK);
  }

  @Test
  void aDatabaseThatDoesNotAnswerIsNamed() throws IOException {
    int port;
    try (ServerSocket there = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = there.getLocalPort();
      assertThat(Checks.database(Optional.of("jdbc:postgresql://127.0.0.1:%d/x".formatted(port))))
          .hasValueSatisfying(found -> assertThat(found.verdict()).isEqualTo(Verdict.OK));
    }

    assertThat(Checks.database(Optional.of("jdbc:postgresql://127.0.0.1:%d/x".formatted(port))))
        .hasValueSatisfying(found -> {
          assertThat(found.verdict()).isEqualTo(Verdict.FAILURE);
          assertThat(found.found()).isEqualTo("127.0.0.1:%d does not answer".formatted(port));
        });
    assertThat(Checks.database(Optional.empty())).isEmpty();
  }

  @Test
  void certificatesThatEndAreToldBeforeTheyDo() throws Exception {
    LocalAuthority.in(folder).issueAll("127.0.0.1");
    Instant now = Instant.now();

    assertThat(Checks.certificates(Optional.of(folder), now).orElseThrow().verdict())
        .isEqualTo(Verdict.OK);
    assertThat(
            Checks.certificates(Optional.of(folder), now.plus(Duration.ofDays(85)))
                .orElseThrow()
                .verdict())
        .isEqualTo(Verdict.WARNING);
    assertThat(
            Checks.certificates(Optional.of(folder), now.plus(Duration.ofDays(100)))
                .orElseThrow()
                .verdict())
        .isEqualTo(Verdict.FAILURE);
    assertThat(Checks.certificates(Optional.empty(), now)).isEmpty();
  }
}
