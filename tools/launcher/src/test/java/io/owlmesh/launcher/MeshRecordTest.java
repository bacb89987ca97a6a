// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class MeshRecordTest {
  private static final ProcessHandle ME = ProcessHandle.current();
  private static final long MY_START =
      ME.info().startInstant().map(Instant::toEpochMilli).orElseThrow();

  @Test
  void aRecordReadsAsItWasWritten() throws Exception {
    MeshRecord mesh = mesh("127.0.0.1", service(MY_START));

    assertThat(MeshRecord.fromJson(mesh.toJson())).isEqualTo(mesh);
  }

  @Test
  void aDamagedRecordIsRefusedWithAReason() {
    assertThatThrownBy(() -> MeshRecord.fromJson("{\"services\": [{}]}"))
        .isInstanceOf(MeshException.class)
        .hasMessageContaining("mesh.json cannot be read");
    assertThatThrownBy(() -> MeshRecord.fromJson("{\"serv"))
        .isInstanceOf(MeshException.class)
        .hasMessageContaining("mesh.json cannot be read");
  }

  @Test
  void aProcessIsOursByPidAndStart() {
    assertThat(service(MY_START).process()).contains(ME);
  }

  @Test
  void aPidThatWasGivenToAnotherProcessIsNotOurs() {
    assertThat(service(MY_START - 60_000).process()).isEmpty();
  }

  @Test
  void aMeshOnAllInterfacesIsReachedOverLoopback() {
    assertThat(mesh("0.0.0.0", service(MY_START)).frontDoor()).hasToString("127.0.0.1:9000");
    assertThat(mesh("0.0.0.0", service(MY_START)).page()).contains("http://127.0.0.1:9080/");
  }

  @Test
  void aRecordOfTheTimeBeforeThePageIsReadAllTheSame() throws Exception {
    String old = mesh("127.0.0.1", service(MY_START)).toJson().replace("\"httpPort\" : 9080,", "");

    assertThat(MeshRecord.fromJson(old).page()).isEmpty();
    assertThat(MeshRecord.fromJson(old).frontDoor()).hasToString("127.0.0.1:9000");
  }

  private static MeshRecord mesh(String host, RunningService service) {
    return new MeshRecord(
        "mesh", Path.of("models", "nano"), host, Optional.empty(), List.of(service), Map.of());
  }

  private static RunningService service(long started) {
    return new RunningService(
        "orchestrator", ME.pid(), started, 9000, OptionalInt.of(9080), Path.of("o.log"));
  }
}
