// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of a service, as the EndpointSlices of Kubernetes tell them. One that is not ready
 * is left out; one that is terminating, but serves yet, is told as not serving.
 */
final class KubernetesAddresses implements ReplicaAddresses {
  private final KubernetesClient client;
  private final String namespace;
  private final String service;
  private final String portName;
  private final String field;
  private @Nullable SharedIndexInformer<EndpointSlice> informer;

  /**
   * @param client closed with this
   * @param portName empty for the only port of the service
   * @param field the setting that names the service
   */
  KubernetesAddresses(
      KubernetesClient client, String namespace, String service, String portName, String field) {
    this.client = client;
    this.namespace = namespace;
    this.service = service;
    this.portName = portName;
    this.field = field;
  }

  /** A client of the cluster that this process is in, or that its user works with. */
  static KubernetesClient client(Config config) {
    // The same way everywhere: not each proxy lets web sockets pass.
    return new KubernetesClientBuilder()
        .withConfig(new ConfigBuilder(config).withOnlyHttpWatches(true).build())
        .build();
  }

  @Override
  public void watch(Consumer<Set<ReplicaAddress>> told) {
    AddressChanges changes = new AddressChanges(field, told);
    SharedIndexInformer<EndpointSlice> slices =
        client
            .discovery()
            .v1()
            .endpointSlices()
            .inNamespace(namespace)
            .withLabel("kubernetes.io/service-name", service)
            .runnableInformer(0);
    informer = slices;
    Runnable look =
        () -> {
          // Until then it holds but a part of what there is.
          if (slices.hasSynced()) {
            tell(slices.getStore().list(), changes);
          }
        };
    slices.addEventHandler(
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(EndpointSlice slice) {
            look.run();
          }

          @Override
          public void onUpdate(EndpointSlice before, EndpointSlice slice) {
            look.run();
          }

          @Override
          public void onDelete(EndpointSlice slice, boolean finalStateUnknown) {
            look.run();
          }
        });
    slices.exceptionHandler((started, failure) -> {
      changes.failed("Kubernetes does not tell the endpoints: " + failure.getMessage());
      return true; // It tries again.
    });
    var _ = slices.start().thenRun(look);
  }

  private void tell(List<EndpointSlice> slices, AddressChanges changes) {
    Set<String> serving = new HashSet<>();
    Set<String> ending = new HashSet<>();
    for (EndpointSlice slice : slices) {
      if (slice.getEndpoints().isEmpty()) {
        continue; // It has no ports either.
      }
      List<EndpointPort> ports =
          slice.getPorts().stream()
              .filter(port -> portName.isEmpty() || portName.equals(port.getName()))
              .filter(port -> port.getPort() != null)
              .toList();
      if (ports.size() != 1) {
        changes.failed(
            "the service %s has %d ports %s; name one that it has: kubernetes:%s/%s:PORTNAME"
                .formatted(
                    service,
                    slice.getPorts().size(),
                    slice.getPorts().stream().map(EndpointPort::getName).toList(),
                    namespace,
                    service));
        return;
      }
      boolean bracketed = slice.getAddressType().equals("IPv6");
      String format = (bracketed ? "[%s]:" : "%s:") + ports.getFirst().getPort();
      for (Endpoint endpoint : slice.getEndpoints()) {
        Set<String> kind = isReady(endpoint) ? serving : isEnding(endpoint) ? ending : null;
        if (kind != null) {
          // All addresses of an endpoint are the same pod.
          kind.add(format.formatted(endpoint.getAddresses().getFirst()));
        }
      }
    }
    // An endpoint that moves from one slice to another is in both for a while.
    ending.removeAll(serving);
    Set<ReplicaAddress> all = new HashSet<>();
    serving.forEach(address -> all.add(new ReplicaAddress(address, true)));
    ending.forEach(address -> all.add(new ReplicaAddress(address, false)));
    changes.found(all);
  }

  /** What is not said of an endpoint means that it is ready, and not terminating. */
  private static boolean isReady(Endpoint endpoint) {
    EndpointConditions said = endpoint.getConditions();
    return said == null
        || (!Boolean.FALSE.equals(said.getReady()) && !Boolean.TRUE.equals(said.getTerminating()));
  }

  private static boolean isEnding(Endpoint endpoint) {
    EndpointConditions said = endpoint.getConditions();
    return Boolean.TRUE.equals(said.getTerminating()) && !Boolean.FALSE.equals(said.getServing());
  }

  @Override
  public void close() {
    if (informer != null) {
      informer.close();
    }
    client.close();
  }
}
