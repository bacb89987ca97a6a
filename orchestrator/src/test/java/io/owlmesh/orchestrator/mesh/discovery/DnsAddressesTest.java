// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.resolver.dns.SingletonDnsServerAddressStreamProvider;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DnsAddressesTest {
  private final DnsServer server = new DnsServer();
  private final DnsAddresses dns =
      new DnsAddresses(
          DnsServer.NAME, 9003, new SingletonDnsServerAddressStreamProvider(server.address()));

  DnsAddressesTest() throws InterruptedException {}

  @AfterEach
  void end() {
    dns.close();
    server.close();
  }

  private static List<InetAddress> of(String... addresses) {
    return Arrays.stream(addresses)
        .map(one -> {
          try {
            return InetAddress.getByName(one);
          } catch (UnknownHostException bad) {
            throw new IllegalArgumentException(bad);
          }
        })
        .toList();
  }

  @Test
  void allRecordsOfBothKindsAreAddresses() throws IOException, InterruptedException {
    server.answer(DnsResponseCode.NOERROR, of("10.0.0.1", "10.0.0.2", "fd00::1"));

    assertThat(dns.look())
        .isEqualTo(Told.serving("10.0.0.1:9003", "10.0.0.2:9003", "[fd00:0:0:0:0:0:0:1]:9003"));
  }

  @Test
  void anAnswerIsNotKeptForTheNextLook() throws IOException, InterruptedException {
    server.answer(DnsResponseCode.NOERROR, of("10.0.0.1"));
    dns.look();
    server.answer(DnsResponseCode.NOERROR, of("10.0.0.1", "10.0.0.2"));

    assertThat(dns.look()).isEqualTo(Told.serving("10.0.0.1:9003", "10.0.0.2:9003"));
  }

  @Test
  void anUnknownNameIsToldWithTheName() {
    server.answer(DnsResponseCode.NXDOMAIN, List.of());

    assertThatThrownBy(dns::look)
        .isInstanceOf(IOException.class)
        .hasMessageContaining(DnsServer.NAME);
  }

  @Test
  void whatWasToldHoldsWhileDnsFails() throws InterruptedException {
    Told told = new Told();
    server.answer(DnsResponseCode.NOERROR, of("10.0.0.1"));
    try (ReplicaAddresses watched = new PolledAddresses("owl.llm", dns, Duration.ofMillis(20))) {
      watched.watch(told);
      assertThat(told.next()).isEqualTo(Told.serving("10.0.0.1:9003"));
      server.answer(DnsResponseCode.SERVFAIL, List.of());
      Thread.sleep(200);
      server.answer(DnsResponseCode.NXDOMAIN, List.of());
      Thread.sleep(200);
      server.answer(DnsResponseCode.NOERROR, of("10.0.0.2"));

      assertThat(told.next()).isEqualTo(Told.serving("10.0.0.2:9003"));
    }
  }

  @Test
  void aNameOfThisMachineNeedsNoServer() throws IOException, InterruptedException {
    try (DnsAddresses here = new DnsAddresses("localhost", 9003)) {
      assertThat(here.look()).contains(new ReplicaAddress("127.0.0.1:9003", true));
    }
  }
}
