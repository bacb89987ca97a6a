// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReplicaAddressSourceTest {
  @Test
  void aListIsToldAtOnce() throws InterruptedException {
    Told told = new Told();

    ReplicaAddressSource.of("10.0.0.1:9003, llm-2:9003,[fe80::1]:9003,inprocess:stages", "owl.llm")
        .watch(told);

    assertThat(told.next())
        .isEqualTo(
            Told.serving("10.0.0.1:9003", "llm-2:9003", "[fe80::1]:9003", "inprocess:stages"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "\"\" | host:port",
        "localhost | host:port",
        "a:1,,b:2 | host:port",
        "a:1,dns:b:2 | host:port",
        "http://a:1 | host:port",
        "inprocess: | inprocess:NAME",
        "a:0 | from 1 to 65535",
        "a:65536 | from 1 to 65535",
        "a:1,b:2,a:1 | 'a:1' is there twice",
        "file: | absolute path",
        "file:replicas | absolute path",
        "dns:llm | dns:HOST:PORT",
        "dns:a,b:9003 | dns:HOST:PORT",
        "dns:llm:70000 | from 1 to 65535",
        "kubernetes: | kubernetes:[NAMESPACE/]SERVICE[:PORTNAME]",
        "kubernetes:LLM | kubernetes:[NAMESPACE/]SERVICE[:PORTNAME]",
        "kubernetes:a/b/c | kubernetes:[NAMESPACE/]SERVICE[:PORTNAME]",
      })
  void aBadSettingIsRefusedNamingWhatIsAllowed(String setting, String allowed) {
    assertThatThrownBy(() -> ReplicaAddressSource.of(setting, "owl.llm"))
        .isInstanceOfSatisfying(
            OwlException.class,
            refused -> {
              assertThat(refused.fault()).isEqualTo(Fault.BAD_INPUT);
              assertThat(refused.field()).isEqualTo("owl.llm");
              assertThat(refused).hasMessageContaining(allowed);
            });
  }

  @Test
  void noMoreAddressesThanAllowedAreTaken() {
    String many =
        IntStream.rangeClosed(1, 1_025).mapToObj(i -> "h:" + i).collect(Collectors.joining(","));

    assertThatThrownBy(() -> ReplicaAddressSource.of(many, "owl.vision"))
        .hasMessageContaining("owl.vision: 1025 addresses; 1024 are allowed");
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0.05S", "PT2H"})
  void anIntervalForDnsOutOfRangeIsRefused(Duration interval) {
    assertThatThrownBy(() -> ReplicaAddressSource.of("dns:llm:9003", "owl.llm", interval))
        .hasMessageContaining("owl.dns-interval: %s; it must be from".formatted(interval));
  }
}
