// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.owlmesh.cli.option.ExitCode;
import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.MeasureFlags;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.MeshClient;
import io.owlmesh.core.Columns;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.launcher.RunFolder;
import io.owlmesh.launcher.RunningService;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows what runs. */
@Command(
    name = "status",
    description = "Shows the services of this machine's mesh.",
    footer = {"", "Exit code 1 if a service is down or not ready, or no mesh is up."})
public final class StatusCommand implements Callable<Integer> {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private static final Report NOTHING = new Report(null, null, null, null, List.of(), null);

  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Option(names = "--json", description = "As JSON, for programs.")
  private boolean json;

  @Option(
      names = "--decisions",
      paramLabel = "N",
      arity = "0..1",
      fallbackValue = "16",
      description = "The last N choices of replicas, and what spoke against others (16).")
  private @Nullable Integer decisions;

  public StatusCommand(Home home) {
    this.home = home;
  }

  /**
   * What {@code --json} prints.
   *
   * @param mode "mesh" or "fused"; absent if no mesh is up, as are all but the services, then none
   * @param supervisor the process that starts again what dies; absent if there is none
   * @param replicas as the orchestrator sees them; absent if it does not answer
   */
  record Report(
      @Nullable String mode,
      @Nullable String checkpoint,
      @Nullable String page,
      @Nullable Long supervisor,
      List<ServiceStatus> services,
      @Nullable MeshStatus replicas) {}

  @Override
  public Integer call() throws IOException, MeshException, AnswerFailed {
    PrintWriter out = spec.commandLine().getOut();
    RunFolder run = home.run();
    if (decisions != null) {
      MeasureFlags.requireAtLeast(spec.commandLine(), "--decisions", decisions, 1);
      try (MeshClient mesh = new MeshClient(run.requireRunning().frontDoor())) {
        mesh.decisions(decisions).forEach(one -> DecisionText.of(one).forEach(out::println));
      }
      out.flush();
      return 0;
    }
    Optional<MeshRecord> recorded = run.recorded();
    if (recorded.isEmpty()) {
      out.println(json ? text(NOTHING) : "No mesh is up.");
      out.flush();
      return ExitCode.FAILED;
    }
    MeshRecord mesh = recorded.get();
    Optional<RunningService> watching = run.watching();
    List<ServiceStatus> services = new ArrayList<>();
    for (RunningService service : mesh.services()) {
      services.add(ServiceStatus.of(mesh, service, run.supervisor(), watching.isPresent()));
    }
    Optional<MeshStatus> replicas =
        mesh.services().getFirst().alive() ? MeshStatus.of(mesh.frontDoor()) : Optional.empty();
    out.println(
        json
            ? text(report(mesh, watching, services, replicas))
            : show(mesh, watching, services, replicas));
    out.flush();
    return services.stream().allMatch(ServiceStatus::isWell) ? 0 : ExitCode.FAILED;
  }

  private static Report report(
      MeshRecord mesh,
      Optional<RunningService> watching,
      List<ServiceStatus> services,
      Optional<MeshStatus> replicas) {
    return new Report(
        mesh.mode(),
        mesh.checkpoint().toString(),
        mesh.page().orElse(null),
        watching.map(RunningService::pid).orElse(null),
        services,
        replicas.orElse(null));
  }

  private static String text(Report report) throws JsonProcessingException {
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(report);
  }

  private String show(
      MeshRecord mesh,
      Optional<RunningService> watching,
      List<ServiceStatus> services,
      Optional<MeshStatus> replicas) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of("SERVICE", "PID", "ADDRESS", "HEALTH", "RESTARTS", "RSS", "PSS", "UPTIME", "LOG"));
    services.forEach(service -> rows.add(service.cells()));
    List<String> lines = new ArrayList<>();
    lines.add("%s, checkpoint %s".formatted(mesh.mode(), Home.shown(mesh.checkpoint())));
    lines.add(new Columns(rows).toString());
    replicas.ifPresent(seen -> {
      lines.add("");
      lines.addAll(seen.lines());
    });
    lines.add(
        watching
            .map(one ->
                "Process %d starts again what dies; its log: %s"
                    .formatted(one.pid(), Home.shown(one.log())))
            .orElse("Nobody starts again what dies: ./owl up repairs the mesh and does so."));
    mesh.page().ifPresent(page -> lines.add("The page: " + page));
    return String.join(System.lineSeparator(), lines);
  }

  public static String uptime(Duration time) {
    if (time.toMinutes() < 1) {
      return time.toSeconds() + " s";
    }
    return time.toHours() < 1
        ? "%d min %02d s".formatted(time.toMinutes(), time.toSecondsPart())
        : "%d h %02d min".formatted(time.toHours(), time.toMinutesPart());
  }
}
