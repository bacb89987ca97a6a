// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.checkpoint;

import io.owlmesh.cli.option.ExitCode;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.Precision;
import io.owlmesh.runtime.verify.Row;
import io.owlmesh.runtime.verify.Verification;
import io.owlmesh.trainer.verify.TrainingChecks;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Compares the engine with values of the reference. */
@Command(
    name = "verify",
    description = "Compares pixels, tokens, features, answers and training with golden values.",
    sortOptions = false,
    footer = {"", "Exit code 1 if a comparison fails."})
public final class VerifyCommand implements Callable<Integer> {
  private static final String FORMAT = "%-6s  %-17s  %-56s  %10s  %-12s  %s%n";

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--golden",
      required = true,
      paramLabel = "DIR",
      description = "Folder of golden values, such as lib/model/src/test/resources/owl-tiny.")
  private Path golden;

  @Option(
      names = "--checkpoint",
      paramLabel = "DIR",
      description = "Checkpoint to compare (default: all that lie in the golden folder).")
  private @Nullable Path checkpoint;

  @Option(names = "--device", paramLabel = "NAME", description = "cpu or cuda:N (default: cpu).")
  private String device = EngineOptions.DEFAULTS.device();

  @Option(names = "--threads", paramLabel = "N", description = "Threads (default: all cores).")
  private int threads;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(FORMAT, "RESULT", "CHECK", "SUBJECT", "COUNT", "WORST", "ALLOWED");
    out.flush();
    EngineOptions options = new EngineOptions(device, Precision.AUTO, threads);
    List<Row> rows =
        new ArrayList<>(
            Verification.run(
                golden, Optional.ofNullable(checkpoint), options, row -> print(row, out)));
    TrainingChecks.run(
        golden,
        Optional.ofNullable(checkpoint),
        options,
        row -> {
          rows.add(row);
          print(row, out);
        });
    long failed = rows.stream().filter(row -> !row.passed()).count();
    out.println(
        failed == 0
            ? "All %d comparisons passed.".formatted(rows.size())
            : "%d of %d comparisons failed.".formatted(failed, rows.size()));
    out.flush();
    return failed == 0 && !rows.isEmpty() ? 0 : ExitCode.FAILED;
  }

  private static void print(Row row, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        FORMAT,
        row.passed() ? "ok" : "FAILED",
        row.check(),
        row.subject(),
        String.format(Locale.ROOT, "%,d", row.count()),
        row.worst(),
        row.tolerance());
    out.flush();
  }
}
