// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.deploy.kubelet;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPortBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.owlmesh.deploy.Chart;
import io.owlmesh.orchestrator.mesh.discovery.KubernetesServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs the pods of rendered Deployments with Podman, and tells the endpoints of their Services, as
 * the node and the controllers of a cluster do.
 */
final class Kubelet implements AutoCloseable {
  private final List<HasMetadata> manifest;
  private final PodNetwork network;
  private final KubernetesServer cluster;
  private final PodStart start;
  private final Path folder;
  private final Map<String, List<Pod>> pods = new LinkedHashMap<>();
  private int started;

  /**
   * Nothing runs yet.
   *
   * @param folder for what pods write
   */
  Kubelet(
      List<HasMetadata> manifest,
      PodNetwork network,
      KubernetesServer cluster,
      PodStart start,
      Path folder) {
    this.manifest = manifest;
    this.network = network;
    this.cluster = cluster;
    this.start = start;
    this.folder = folder;
  }

  private Deployment deployment(String name) {
    return Chart.of(Deployment.class, manifest).stream()
        .filter(one -> one.getMetadata().getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** Starts pods of a Deployment until it has so many; does not wait. */
  void grow(String name, int replicas) throws IOException {
    PodTemplateSpec template = deployment(name).getSpec().getTemplate();
    while (pods(name).size() < replicas) {
      PodSpec spec = template.getSpec();
      PodNetwork.Place place = network.place();
      String pod = "%s-%d-%d".formatted(name, ProcessHandle.current().pid(), ++started);
      start.run(pod, spec, place.namespace(), folder.resolve(pod));
      synchronized (this) {
        pods.computeIfAbsent(name, _ -> new ArrayList<>())
            .add(new Pod(pod, place.address(), spec, this::tell));
      }
    }
  }

  /** Ends pods of a Deployment, the oldest first, until it has so many; their exit codes. */
  List<Integer> shrink(String name, int replicas) throws Exception {
    List<Integer> exits = new ArrayList<>();
    while (pods(name).size() > replicas) {
      Pod oldest = pods(name).getFirst();
      exits.add(oldest.stop());
      synchronized (this) {
        pods.values().forEach(all -> all.remove(oldest));
      }
      tell();
      oldest.remove();
    }
    return exits;
  }

  synchronized List<Pod> pods(String name) {
    return List.copyOf(pods.getOrDefault(name, List.of()));
  }

  /** Waits until all pods of a Deployment are ready. */
  void awaitReady(String name) throws Exception {
    while (!pods(name).stream().allMatch(Pod::isReady)) {
      for (Pod pod : pods(name)) {
        if (pod.failure() != null) {
          throw new IllegalStateException(pod.name + ": " + pod.failure());
        }
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  /** Tells the endpoints of all Services as they are now. */
  private synchronized void tell() {
    for (Service service : Chart.of(Service.class, manifest)) {
      for (Deployment deployment : Chart.of(Deployment.class, manifest)) {
        Map<String, String> labels = deployment.getSpec().getTemplate().getMetadata().getLabels();
        if (labels.entrySet().containsAll(service.getSpec().getSelector().entrySet())) {
          tell(service, pods.getOrDefault(deployment.getMetadata().getName(), List.of()));
        }
      }
    }
  }

  private void tell(Service service, List<Pod> behind) {
    String name = service.getMetadata().getName();
    List<EndpointPort> ports =
        behind.isEmpty()
            ? List.of()
            : service.getSpec().getPorts().stream()
                .map(port -> port(port, behind.getFirst()))
                .toList();
    cluster.put(
        new EndpointSliceBuilder()
            .withNewMetadata()
            .withName(name + "-1")
            .withNamespace(KubernetesServer.NAMESPACE)
            .addToLabels("kubernetes.io/service-name", name)
            .endMetadata()
            .withAddressType("IPv4")
            .withPorts(ports)
            .withEndpoints(behind.stream().map(Kubelet::endpoint).toList())
            .build());
  }

  private static EndpointPort port(ServicePort port, Pod pod) {
    return new EndpointPortBuilder()
        .withName(port.getName())
        .withPort(pod.port(port.getTargetPort()))
        .build();
  }

  private static Endpoint endpoint(Pod pod) {
    return new EndpointBuilder()
        .withAddresses(pod.address)
        .withNewConditions(pod.isReady(), pod.isReady() || pod.isEnding(), pod.isEnding())
        .build();
  }

  @Override
  public void close() throws IOException {
    for (List<Pod> all : pods.values()) {
      for (Pod pod : all) {
        pod.remove();
      }
    }
  }
}
