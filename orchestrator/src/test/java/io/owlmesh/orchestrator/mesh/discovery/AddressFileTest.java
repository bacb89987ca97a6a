// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AddressFileTest {
  private final Path file;
  private final AddressFile addresses;

  AddressFileTest(@TempDir Path folder) {
    this.file = folder.resolve("llm.replicas");
    this.addresses = new AddressFile(file);
  }

  @BeforeEach
  void write() throws IOException {
    Files.writeString(file, "# two of them\n10.0.0.1:9003\n\n  10.0.0.2:9003  # the big one\n");
  }

  @Test
  void anAddressALineIsReadAndCommentsAreNot() throws IOException {
    assertThat(addresses.look()).isEqualTo(Told.serving("10.0.0.1:9003", "10.0.0.2:9003"));
  }

  @Test
  void aReplicaThatIsToGetNoMoreWorkIsListedAsSuch() throws IOException {
    Files.writeString(file, "10.0.0.1:9003 draining # for new memory\n10.0.0.2:9003\n");

    assertThat(addresses.look())
        .isEqualTo(
            Set.of(
                new ReplicaAddress("10.0.0.1:9003", false),
                new ReplicaAddress("10.0.0.2:9003", true)));
  }

  @Test
  void aChangeCountsWhenItIsSeenTwice() throws IOException {
    addresses.look();
    Files.writeString(file, "");
    assertThat(addresses.look()).hasSize(2);
    Files.writeString(file, "10.0.0.3:9003\n");
    assertThat(addresses.look()).hasSize(2);
    assertThat(addresses.look()).isEqualTo(Told.serving("10.0.0.3:9003"));
  }

  @Test
  void aFileThatComesLaterCountsWhenItIsSeenTwice() throws IOException {
    Files.delete(file);
    assertThatThrownBy(addresses::look).hasMessageContaining("there is no file");
    Files.writeString(file, "");
    assertThatThrownBy(addresses::look).hasMessageContaining("is being written");
    Files.writeString(file, "10.0.0.3:9003\n");
    assertThatThrownBy(addresses::look).hasMessageContaining("is being written");

    assertThat(addresses.look()).isEqualTo(Told.serving("10.0.0.3:9003"));
  }

  @Test
  void aFileThatIsEmptyAtTheStartCountsWhenItIsSeenTwice() throws IOException {
    Files.writeString(file, "");
    assertThatThrownBy(addresses::look).hasMessageContaining("is being written");
    Files.writeString(file, "10.0.0.3:9003\n");
    assertThatThrownBy(addresses::look).hasMessageContaining("is being written");

    assertThat(addresses.look()).isEqualTo(Told.serving("10.0.0.3:9003"));
  }

  @Test
  void aFileThatIsEmptyForGoodIsBelieved() throws IOException {
    addresses.look();
    Files.writeString(file, "");
    addresses.look();

    assertThat(addresses.look()).isEmpty();
  }

  @Test
  void aWrongLineIsToldWithTheFile() throws IOException {
    Files.writeString(file, "10.0.0.1:9003\n10.0.0.2\n");

    assertThatThrownBy(addresses::look)
        .isInstanceOf(OwlException.class)
        .hasMessage("%s: '10.0.0.2'; an address must be host:port or inprocess:NAME", file);
  }

  @Test
  void aLongFileIsNotReadToItsEnd() throws IOException {
    Files.writeString(file, "# comment\n".repeat(7_000));

    assertThatThrownBy(addresses::look).hasMessageContaining("longer than the 65536 bytes");
  }

  @Test
  void noMoreAddressesThanAllowedAreTaken() throws IOException {
    Files.writeString(
        file,
        IntStream.rangeClosed(1, 1_025).mapToObj(i -> "h:" + i).collect(Collectors.joining("\n")));

    assertThatThrownBy(addresses::look).hasMessageContaining("1025 addresses; 1024 are allowed");
  }

  @Test
  void whatWasToldHoldsWhileTheFileIsGoneOrWrong() throws IOException, InterruptedException {
    Told told = new Told();
    try (ReplicaAddresses watched = ReplicaAddressSource.of("file:" + file, "owl.llm")) {
      watched.watch(told);
      assertThat(told.next()).hasSize(2);
      Files.delete(file);
      Thread.sleep(500);
      Files.writeString(file, "10.0.0.9:\n");
      Thread.sleep(500);
      Files.writeString(file, "10.0.0.3:9003\n");

      assertThat(told.next()).isEqualTo(Told.serving("10.0.0.3:9003"));
    }
  }

  @Test
  void aFileThatComesLaterIsTold() throws IOException, InterruptedException {
    Files.delete(file);
    Told told = new Told();
    try (ReplicaAddresses watched = ReplicaAddressSource.of("file:" + file, "owl.llm")) {
      watched.watch(told);
      Files.writeString(file, "10.0.0.3:9003\n");

      assertThat(told.next()).isEqualTo(Told.serving("10.0.0.3:9003"));
    }
  }
}
