// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import io.owlmesh.client.Address;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * Everything that a mesh consists of before it runs.
 *
 * @param mode "mesh" or "fused"
 * @param tls folder with a subfolder of certificates a service; empty for plain connections
 * @param services the front door first
 */
public record MeshPlan(
    String mode, Path checkpoint, String host, Optional<Path> tls, List<ServicePlan> services) {
  public MeshPlan {
    services = List.copyOf(services);
  }

  /**
   * What these options mean on this machine.
   *
   * @param home the root of the checkout, where the built services lie
   * @param replicas how many processes each stage gets, unless all are in one
   * @param run the folder where the addresses of the stages will be written
   * @throws MeshException if a service is not built, or not all fit in the memory
   */
  public static MeshPlan of(Path home, MeshOptions options, Replicas replicas, RunFolder run)
      throws IOException, MeshException {
    return options.fused() ? fused(home, options) : mesh(home, options, replicas, run);
  }

  private static MeshPlan fused(Path home, MeshOptions options) throws IOException, MeshException {
    MeshPorts.Chosen ports = options.ports().choose(1);
    ServicePlan all = service(home, "fused-service", "fused", ports, 0, options);
    return new MeshPlan(
        "fused",
        options.checkpoint(),
        options.host(),
        options.tls(),
        List.of(frontDoor(all, ports, Map.of())));
  }

  private static MeshPlan mesh(Path home, MeshOptions options, Replicas replicas, RunFolder run)
      throws IOException, MeshException {
    List<String> names = new ArrayList<>(names("", replicas));
    options.models().forEach(model -> names.addAll(names(model.name() + ".", replicas)));
    MeshPorts.Chosen chosen = options.ports().choose(1 + names.size());
    ServicePlan first = service(home, "orchestrator", "orchestrator", chosen, 0, options);
    List<ServicePlan> services = new ArrayList<>();
    Map<String, String> neighbours = new TreeMap<>(AddressFiles.settings(run));
    neighbours.put(ModelFiles.SETTING, ModelFiles.folder(run).toString());
    services.add(frontDoor(first, chosen, neighbours));
    for (String name : names) {
      String role = Replicas.roleOf(name);
      String stage = Replicas.stageOf(role);
      ServicePlan own = service(home, stage + "-service", name, chosen, services.size(), options);
      ServicePlan replica = own;
      for (LocalModel model : options.models()) {
        if (model.name().equals(Replicas.modelOf(role))) {
          replica = own.of(model);
        }
      }
      long count =
          names.stream()
              .filter(other -> Replicas.stageOf(Replicas.roleOf(other)).equals(stage))
              .count();
      services.add(count == 1 ? replica : replica.sharing(stage, (int) count));
    }
    MeshPlan plan =
        new MeshPlan("mesh", options.checkpoint(), options.host(), options.tls(), services);
    // A single one is not refused for an estimate.
    if (replicas.of("llm") > 1) {
      plan.refuseTooManyLanguageModels(replicas.of("llm"));
    }
    return plan;
  }

  /** Names of the services of a model's stages. */
  private static List<String> names(String prefix, Replicas replicas) {
    List<String> names = new ArrayList<>();
    for (String stage : Replicas.STAGES) {
      for (int number = 1; number <= replicas.of(prefix + stage); number++) {
        names.add(Replicas.name(prefix + stage, number));
      }
    }
    return names;
  }

  /**
   * Refuses more language models than there is memory for.
   *
   * @param more to be started
   * @throws MeshException saying how much there is
   */
  public void refuseTooManyLanguageModels(int more) throws IOException, MeshException {
    boolean onCpu =
        services.stream().allMatch(one -> one.setting("OWL_DEVICE", "cpu").equals("cpu"));
    boolean halved =
        services.stream().anyMatch(one -> one.setting("OWL_QUANTIZE", "none").equals("int8"));
    if (onCpu) {
      ReplicaShare.refuseTooMany(checkpoint, more, halved);
    }
  }

  /** Where processes of this machine reach the services. */
  String near() {
    return host.equals("0.0.0.0") ? "127.0.0.1" : host;
  }

  /** Writes for the orchestrator where the stages are, and which models there are. */
  public void writeAddresses(RunFolder run) throws IOException {
    AddressFiles.write(run, near(), services, Set.of());
    ModelFiles.write(run, services);
  }

  /**
   * An orchestrator alone, with stages from elsewhere.
   *
   * @param stages where vision, abstractor and language model answer
   * @throws MeshException if it is not built
   */
  public static ServicePlan orchestrator(Path home, MeshOptions options, List<Address> stages)
      throws IOException, MeshException {
    MeshPorts.Chosen ports = options.ports().choose(1);
    ServicePlan alone = service(home, "orchestrator", "orchestrator", ports, 0, options);
    return frontDoor(alone, ports, neighbours(stages));
  }

  private static Map<String, String> neighbours(List<Address> stages) {
    return Map.of(
        "OWL_VISION", stages.get(0).toString(),
        "OWL_ABSTRACTOR", stages.get(1).toString(),
        "OWL_LLM", stages.get(2).toString());
  }

  /** What a service needs besides to be the one that clients come to. */
  private static ServicePlan frontDoor(
      ServicePlan service, MeshPorts.Chosen ports, Map<String, String> neighbours) {
    Map<String, String> environment = new TreeMap<>(service.environment());
    environment.putAll(neighbours);
    environment.put("OWL_HTTP_PORT", Integer.toString(ports.http()));
    return new ServicePlan(
        service.name(),
        service.command(),
        service.port(),
        OptionalInt.of(ports.http()),
        environment);
  }

  private static ServicePlan service(
      Path home,
      String module,
      String name,
      MeshPorts.Chosen ports,
      int number,
      MeshOptions options)
      throws MeshException {
    int port = ports.grpc().get(number);
    Path jar = home.resolve(module).resolve("target/quarkus-app/quarkus-run.jar");
    if (!Files.exists(jar)) {
      throw new MeshException("The service %s is not built: %s is missing.".formatted(name, jar));
    }
    Map<String, String> environment = new TreeMap<>();
    // Threads of an operator that wait for each other must not spin for long: four processes share
    // the cores, and a spinning one takes the core that it waits for. The next operator of a step
    // comes sooner than a sleeping thread would wake.
    environment.put("OMP_WAIT_POLICY", System.getenv().getOrDefault("OMP_WAIT_POLICY", "PASSIVE"));
    environment.put("GOMP_SPINCOUNT", System.getenv().getOrDefault("GOMP_SPINCOUNT", "10000"));
    environment.putAll(options.settings());
    environment.put("OWL_CHECKPOINT", options.checkpoint().toString());
    environment.put("OWL_HOST", options.host());
    environment.put("OWL_PORT", Integer.toString(port));
    environment.put("OWL_MANAGEMENT_PORT", Integer.toString(ports.management().get(number)));
    // One process with all of them is called as the orchestrator is.
    String identity =
        options.fused() ? LocalAuthority.ORCHESTRATOR : Replicas.stageOf(Replicas.roleOf(name));
    options.tls().ifPresent(tls -> environment.put("OWL_TLS", tls.resolve(identity).toString()));
    return new ServicePlan(name, ServiceCommand.of(jar), port, OptionalInt.empty(), environment);
  }
}
