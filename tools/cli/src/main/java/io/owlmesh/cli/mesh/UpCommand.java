// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.cli.option.Home;
import io.owlmesh.client.Address;
import io.owlmesh.launcher.LocalAuthority;
import io.owlmesh.launcher.LocalModel;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshOptions;
import io.owlmesh.launcher.MeshPlan;
import io.owlmesh.launcher.MeshPorts;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.launcher.MeshStarter;
import io.owlmesh.launcher.Replicas;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Starts a mesh and stays with it, or leaves it running. */
@Command(
    name = "up",
    description = "Starts the services on this machine and waits until they are ready.",
    sortOptions = false,
    footer = {
      "",
      "A service that dies is started again, after a wait that grows. Where a mesh is up of which",
      "services are down, they are started again as they were.",
      "Ctrl-C stops all services. Other OWL_... variables of the environment reach them too;",
      "OWL_JAVA_OPTS adds flags to their JVMs."
    })
public final class UpCommand implements Callable<Integer> {
  private static final int LAST_PORT = 65_535;

  /** What may be said to a mesh that is up: how it is watched, not what it is. */
  private static final Set<String> REPAIRING = Set.of("--detach", "--wait");

  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Option(names = "--fused", description = "All stages in one process instead of a process each.")
  private boolean fused;

  @Option(
      names = "--replicas",
      paramLabel = "STAGE=N",
      split = ",",
      description =
          "Processes of a stage, such as vision=2,llm=3; they share the cores (default: one each).")
  private Map<String, Integer> replicas = new LinkedHashMap<>();

  @Option(
      names = "--checkpoint",
      paramLabel = "DIR",
      description =
          "Checkpoint folder, Hugging Face layout (default: $OWL_CHECKPOINT, else the nano owl).")
  private @Nullable Path checkpoint;

  @Option(
      names = "--model",
      paramLabel = "NAME=DIR",
      description =
          "A further model: its name and its checkpoint folder; may be given several times.")
  private Map<String, Path> models = new LinkedHashMap<>();

  @Option(names = "--detach", description = "Leave the services running; ./owl down stops them.")
  private boolean detach;

  @Option(
      names = "--port-base",
      paramLabel = "N",
      description =
          "Port of the front door, the stages follow it; 0: any free ones (default: 9000).")
  private int portBase = Address.DEFAULT.port();

  @Option(
      names = "--http-port",
      paramLabel = "N",
      description =
          "Port of the page and the HTTP interface; 0: a free one (default: 80 above --port-base).")
  private @Nullable Integer httpPort;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Where conversations are kept (default: $OWL_DATA, else data/ here).")
  private @Nullable Path data;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description =
          "Where services listen; 0.0.0.0 opens them to the network (default: 127.0.0.1).")
  private String host = Address.DEFAULT.host();

  @Option(
      names = "--tls",
      description =
          "Encrypt all connections with certificates of a local authority, made in run/tls.")
  private boolean tls;

  @Option(names = "--device", paramLabel = "NAME", description = "cpu or cuda:N (default: cpu).")
  private @Nullable String device;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      description =
          "Arithmetic of the engines: float32, bfloat16, float16, or auto: as stored, 16 bits in"
              + " bfloat16 (default: auto).")
  private @Nullable String dtype;

  @Option(
      names = "--quantize",
      paramLabel = "TYPE",
      description =
          "Matrices of the language model: none, int8 (half the memory), or mixed: int8 for few"
              + " sequences at a time (default: none).")
  private @Nullable String quantize;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads of each engine (default: all cores, one for a small network).")
  private @Nullable Integer threads;

  @Option(
      names = "--adapters",
      paramLabel = "DIR",
      description =
          "Folder of LoRA adapters, one subfolder each (default: adapters/ beside the weights).")
  private @Nullable Path adapters;

  @Option(
      names = "--default-adapter",
      paramLabel = "NAME",
      description = "Adapter of requests that name none (default: the one beside the weights).")
  private @Nullable String defaultAdapter;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      description = "How long starting may take (default: ${DEFAULT-VALUE}).")
  private int waitSeconds = 300;

  public UpCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, MeshException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    MeshPorts ports = ports();
    Replicas asked = replicas(spec, replicas);
    if (fused && !replicas.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "--fused has one process for all stages, so no --replicas.");
    }
    if (fused && !models.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "--fused has one process for one model, so no --model.");
    }
    MeshUp up = new MeshUp(home, out, Duration.ofSeconds(waitSeconds), detach);
    boolean watched = home.run().watching().isPresent();
    Optional<MeshRecord> here =
        home.run().recorded().filter(mesh -> watched || !mesh.alive().isEmpty());
    if (here.isPresent()) {
      refuseAnother(here.get());
      return up.repair(here.get());
    }
    Path weights = DefaultCheckpoint.orGiven(checkpoint, home);
    MeshOptions options =
        new MeshOptions(fused, weights, host, ports, certificates(), settings(weights), models());
    MeshPlan plan = MeshPlan.of(home.root(), options, asked, home.run());
    out.printf(
        "Starting %s with %s%n",
        fused ? "all stages in one process" : "the mesh", Home.shown(weights));
    options
        .models()
        .forEach(one -> out.printf("  and %s, %s%n", one.name(), Home.shown(one.checkpoint())));
    out.flush();
    return up.start(plan);
  }

  private List<LocalModel> models() throws IOException {
    List<LocalModel> all = new ArrayList<>();
    try {
      for (Map.Entry<String, Path> one : models.entrySet()) {
        all.add(LocalModels.of(one.getKey(), one.getValue()));
      }
    } catch (IllegalArgumentException refused) {
      throw new ParameterException(spec.commandLine(), refused.getMessage(), refused);
    }
    return all;
  }

  /** What a person asked for; wrong usage if it cannot be. */
  static Replicas replicas(CommandSpec spec, Map<String, Integer> counts) {
    try {
      return new Replicas(counts);
    } catch (IllegalArgumentException refused) {
      throw new ParameterException(spec.commandLine(), refused.getMessage());
    }
  }

  /** A repair starts services as they were started, so it cannot give them what is asked here. */
  private void refuseAnother(MeshRecord mesh) throws MeshException {
    List<String> options =
        spec.commandLine().getParseResult().matchedOptions().stream()
            .map(OptionSpec::longestName)
            .filter(name -> !REPAIRING.contains(name))
            .toList();
    if (!options.isEmpty()) {
      throw MeshStarter.alreadyUp(mesh);
    }
  }

  private MeshPorts ports() {
    refuseBadPort("--port-base", portBase, LAST_PORT - MeshPorts.SPAN);
    if (httpPort != null) {
      refuseBadPort("--http-port", httpPort, LAST_PORT);
    }
    return new MeshPorts(
        portBase, httpPort == null ? OptionalInt.empty() : OptionalInt.of(httpPort));
  }

  private void refuseBadPort(String option, int port, int last) {
    if (port < 0 || port > last) {
      throw new ParameterException(
          spec.commandLine(), "%s must be 0 to %d, not %d.".formatted(option, last, port));
    }
  }

  private Optional<Path> certificates() throws IOException, MeshException {
    if (!tls) {
      return Optional.empty();
    }
    Path folder = home.run().folder().resolve("tls");
    LocalAuthority.in(folder).issueAll(host);
    return Optional.of(folder);
  }

  private Map<String, String> settings(Path weights) throws IOException {
    Map<String, String> settings = new TreeMap<>();
    if (threads != null) {
      settings.put("OWL_THREADS", Integer.toString(threads));
    }
    if (device != null) {
      settings.put("OWL_DEVICE", device);
    }
    if (dtype != null) {
      settings.put("OWL_DTYPE", dtype);
    }
    if (quantize != null) {
      settings.put("OWL_QUANTIZE", quantize);
    }
    if (adapters != null) {
      settings.put("OWL_ADAPTERS", adapters.toAbsolutePath().toString());
    } else if (System.getenv("OWL_ADAPTERS") == null) {
      settings.putAll(OwnAdapters.of(weights));
    }
    if (defaultAdapter != null) {
      settings.put("OWL_DEFAULT_ADAPTER", defaultAdapter);
    }
    // Absolute, because services do not run in the folder that the person stands in.
    settings.put("OWL_DATA", dataFolder().toAbsolutePath().toString());
    return settings;
  }

  private Path dataFolder() {
    String ofEnvironment = System.getenv("OWL_DATA");
    if (data == null && ofEnvironment != null && !ofEnvironment.isBlank()) {
      return Path.of(ofEnvironment);
    }
    return data != null ? data : home.root().resolve("data");
  }
}
