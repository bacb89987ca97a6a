// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.bench.TextTable;
import io.owlmesh.cli.Owl;
import io.owlmesh.cli.option.Home;
import io.owlmesh.launcher.Health;
import io.owlmesh.launcher.HealthProbe;
import io.owlmesh.launcher.Memory;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.launcher.RunningService;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Shows what runs. */
@Command(
    name = "status",
    description = "Shows the services of this machine's mesh.",
    footer = {"", "Exit code 1 if a service is down or not ready, or no mesh is up."})
public final class StatusCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  public StatusCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, MeshException {
    PrintWriter out = spec.commandLine().getOut();
    Optional<MeshRecord> recorded = home.run().recorded();
    if (recorded.isEmpty()) {
      out.println("No mesh is up.");
      out.flush();
      return Owl.FAILED;
    }
    MeshRecord mesh = recorded.get();
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("SERVICE", "PID", "ADDRESS", "HEALTH", "RSS", "PSS", "UPTIME", "LOG"));
    boolean wellAll = true;
    for (RunningService service : mesh.services()) {
      String health = health(mesh, service);
      wellAll &= health.equals("serving");
      rows.add(row(mesh, service, health));
    }
    out.printf("%s, checkpoint %s%n", mesh.mode(), Home.shown(mesh.checkpoint()));
    out.println(new TextTable(rows));
    mesh.page().ifPresent(page -> out.printf("The page: %s%n", page));
    out.flush();
    return wellAll ? 0 : Owl.FAILED;
  }

  private static String health(MeshRecord mesh, RunningService service) {
    if (!service.alive()) {
      return "down";
    }
    try (HealthProbe probe = new HealthProbe(mesh.address(service))) {
      Health health = probe.check(PATIENCE);
      return health.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  private List<String> row(MeshRecord mesh, RunningService service, String health) {
    boolean alive = service.alive();
    return List.of(
        service.name(),
        alive ? Long.toString(service.pid()) : "-",
        mesh.address(service).toString(),
        health,
        mebibytes(alive ? Memory.resident(service.pid()) : OptionalLong.empty()),
        mebibytes(alive ? Memory.proportional(service.pid()) : OptionalLong.empty()),
        alive ? uptime(service.uptime()) : "-",
        Home.shown(service.log()).toString());
  }

  private static String mebibytes(OptionalLong amount) {
    return amount.isPresent() ? amount.getAsLong() + " MiB" : "-";
  }

  static String uptime(Duration time) {
    if (time.toMinutes() < 1) {
      return time.toSeconds() + " s";
    }
    return time.toHours() < 1
        ? "%d min %02d s".formatted(time.toMinutes(), time.toSecondsPart())
        : "%d h %02d min".formatted(time.toHours(), time.toMinutesPart());
  }
}
