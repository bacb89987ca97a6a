// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.doctor;

import io.owlmesh.cli.doctor.Finding.Verdict;
import io.owlmesh.cli.mesh.DefaultCheckpoint;
import io.owlmesh.cli.option.ExitCode;
import io.owlmesh.cli.option.Home;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Looks whether this machine can run a mesh. */
@Command(
    name = "doctor",
    description = "Looks whether this machine can run a mesh, and says what to mend.",
    sortOptions = false,
    footer = {"", "Exit code 1 if a mesh would not run."})
public final class DoctorCommand implements Callable<Integer> {
  private final Home home;
  private final Map<String, String> environment;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Option(
      names = "--checkpoint",
      paramLabel = "DIR",
      description = "The model to be served (default: OWL_CHECKPOINT, else the nano owl).")
  private Optional<Path> checkpoint = Optional.empty();

  public DoctorCommand(Home home) {
    this(home, System.getenv());
  }

  DoctorCommand(Home home, Map<String, String> environment) {
    this.home = home;
    this.environment = environment;
  }

  private Optional<String> named(String variable) {
    return Optional.ofNullable(environment.get(variable)).filter(value -> !value.isEmpty());
  }

  @Override
  public Integer call() {
    Instant now = Instant.now();
    Path model = DefaultCheckpoint.folder(checkpoint, home);
    Path data = named("OWL_DATA").map(Path::of).orElseGet(() -> home.root().resolve("run/data"));
    List<Finding> findings =
        new ArrayList<>(
            List.of(
                Checks.java(),
                Checks.processor(),
                Checks.engine(),
                Checks.checkpoint(model),
                Checks.memory(model),
                Checks.ports(),
                Checks.data(data),
                Checks.clock(now)));
    Checks.certificates(named("OWL_TLS").map(Path::of), now).ifPresent(findings::add);
    Checks.database(named("OWL_DATABASE")).ifPresent(findings::add);
    PrintWriter out = spec.commandLine().getOut();
    for (Finding one : findings) {
      out.printf("%-8s %-12s %s%n", label(one.verdict()), one.what(), one.found());
      if (!one.mend().isEmpty()) {
        out.printf("%21s %s%n", "->", one.mend());
      }
    }
    out.flush();
    return findings.stream().anyMatch(one -> one.verdict() == Verdict.FAILURE)
        ? ExitCode.FAILED
        : 0;
  }

  private static String label(Verdict verdict) {
    return switch (verdict) {
      case OK -> "ok";
      case WARNING -> "warning";
      case FAILURE -> "FAILED";
    };
  }
}
