// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KubernetesAddressesTest {
  private final KubernetesServer server = new KubernetesServer();
  private final Told told = new Told();
  private @Nullable ReplicaAddresses watched;

  KubernetesAddressesTest() throws IOException {}

  @AfterEach
  void end() {
    if (watched != null) {
      watched.close();
    }
    server.close();
  }

  private void watch(String portName) {
    watched = new KubernetesAddresses(server.client(), "owls", "llm", portName, "owl.llm");
    watched.watch(told);
  }

  private static EndpointSlice slice(String name, String type, Endpoint... endpoints) {
    return new EndpointSliceBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace("owls")
        .addToLabels("kubernetes.io/service-name", "llm")
        .endMetadata()
        .withAddressType(type)
        .addNewPort()
        .withName("grpc")
        .withPort(9003)
        .endPort()
        .withEndpoints(endpoints)
        .build();
  }

  private static Endpoint endpoint(
      String address,
      @Nullable Boolean ready,
      @Nullable Boolean serving,
      @Nullable Boolean terminating) {
    return new EndpointBuilder()
        .withAddresses(address)
        .withNewConditions(ready, serving, terminating)
        .build();
  }

  private static Endpoint ready(String address) {
    return endpoint(address, true, true, false);
  }

  @Test
  void readyEndpointsOfAllSlicesAreToldAtOnce() throws IOException, InterruptedException {
    server.put(slice("llm-a", "IPv4", ready("10.0.0.1"), ready("10.0.0.2")));
    server.put(slice("llm-b", "IPv6", ready("fd00::1")));
    watch("");

    assertThat(told.next())
        .isEqualTo(Told.serving("10.0.0.1:9003", "10.0.0.2:9003", "[fd00::1]:9003"));
    assertThat(server.firstQuery()).contains("labelSelector=kubernetes.io/service-name=llm");
  }

  @Test
  void conditionsSayWhoIsListedAndWhoServes() throws IOException, InterruptedException {
    server.put(
        slice(
            "llm-a",
            "IPv4",
            endpoint("10.0.0.1", null, null, null),
            endpoint("10.0.0.2", false, true, true),
            endpoint("10.0.0.3", false, false, true),
            endpoint("10.0.0.4", false, false, false)));
    watch("grpc");

    assertThat(told.next())
        .isEqualTo(
            Set.of(
                new ReplicaAddress("10.0.0.1:9003", true),
                new ReplicaAddress("10.0.0.2:9003", false)));
  }

  @Test
  void whatComesAndGoesIsTold() throws IOException, InterruptedException {
    watch("");
    assertThat(told.next()).isEmpty();

    server.put(slice("llm-a", "IPv4", ready("10.0.0.1")));
    assertThat(told.next()).isEqualTo(Told.serving("10.0.0.1:9003"));
    EndpointSlice second = slice("llm-b", "IPv4", ready("10.0.0.2"));
    server.put(second);
    assertThat(told.next()).isEqualTo(Told.serving("10.0.0.1:9003", "10.0.0.2:9003"));
    server.put(slice("llm-a", "IPv4", endpoint("10.0.0.1", false, true, true)));
    assertThat(told.next())
        .isEqualTo(
            Set.of(
                new ReplicaAddress("10.0.0.1:9003", false),
                new ReplicaAddress("10.0.0.2:9003", true)));
    server.delete(second);
    assertThat(told.next()).isEqualTo(Set.of(new ReplicaAddress("10.0.0.1:9003", false)));
  }

  @Test
  void anEndpointThatMovesFromSliceToSliceServes() throws IOException, InterruptedException {
    server.put(slice("llm-a", "IPv4", endpoint("10.0.0.1", false, true, true)));
    server.put(slice("llm-b", "IPv4", ready("10.0.0.1")));
    watch("");

    assertThat(told.next()).isEqualTo(Told.serving("10.0.0.1:9003"));
  }

  @Test
  void whatWasToldHoldsWhileTheServerRefuses() throws IOException, InterruptedException {
    server.put(slice("llm-a", "IPv4", ready("10.0.0.1")));
    watch("");
    assertThat(told.next()).isEqualTo(Told.serving("10.0.0.1:9003"));

    server.refuse(true);
    server.put(slice("llm-a", "IPv4", ready("10.0.0.2")));
    Thread.sleep(300);
    assertThat(told.isEmpty()).isTrue();
    server.refuse(false);
    assertThat(told.next()).isEqualTo(Told.serving("10.0.0.2:9003"));
  }

  @Test
  void aServerThatRefusesAtTheStartIsAskedAgain() throws IOException, InterruptedException {
    server.refuse(true);
    server.put(slice("llm-a", "IPv4", ready("10.0.0.1")));
    watch("");
    Thread.sleep(300);
    server.refuse(false);

    assertThat(told.next()).isEqualTo(Told.serving("10.0.0.1:9003"));
  }

  @Test
  void anUnknownPortIsNoReasonToForgetReplicas() throws IOException, InterruptedException {
    server.put(slice("llm-a", "IPv4", ready("10.0.0.1")));
    watch("grpc");
    told.next();

    EndpointSlice other =
        new EndpointSliceBuilder(slice("llm-b", "IPv4", ready("10.0.0.2")))
            .editFirstPort()
            .withName("http")
            .endPort()
            .build();
    server.put(other);
    server.delete(other);
    server.put(slice("llm-a", "IPv4", ready("10.0.0.3")));

    assertThat(told.next()).isEqualTo(Told.serving("10.0.0.3:9003"));
  }
}
