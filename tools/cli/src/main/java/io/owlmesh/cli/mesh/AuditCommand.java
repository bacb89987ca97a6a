// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.JsonFormat;
import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.MeshFlag;
import io.owlmesh.client.AdminClient;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.core.Columns;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.proto.admin.v1.ListAuditRequest;
import io.owlmesh.proto.admin.v1.ListAuditResponse;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Tells who did what. */
@Command(
    name = "audit",
    description = "Tells who did what in the mesh, the latest first; not what was said.",
    sortOptions = false)
public final class AuditCommand implements Callable<Integer> {
  private static final int MOST = 100_000;

  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      defaultValue = "PT24H",
      description = "A time such as 2026-01-01T10:00:00Z, or how long ago, such as PT1H or P7D.")
  private String since = "";

  @Option(
      names = "--caller",
      paramLabel = "CALLER",
      defaultValue = "",
      description = "Of this caller alone, such as key:k7f3a9c2.")
  private String caller = "";

  @Option(
      names = "--tenant",
      paramLabel = "NAME",
      defaultValue = "",
      description = "Of this tenant alone.")
  private String tenant = "";

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Rows at most, up to 100000 (default: ${DEFAULT-VALUE}).")
  private int limit;

  @Option(names = "--json", description = "A line of JSON for each row.")
  private boolean json;

  @Mixin private MeshFlag mesh = new MeshFlag();

  public AuditCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, MeshException, AnswerFailed {
    if (limit < 1 || limit > MOST) {
      throw new ParameterException(
          spec.commandLine(), "--limit must be 1 to %d, not %d.".formatted(MOST, limit));
    }
    Instant from = since();
    ListAuditRequest request =
        ListAuditRequest.newBuilder()
            .setSince(
                Timestamp.newBuilder().setSeconds(from.getEpochSecond()).setNanos(from.getNano()))
            .setCaller(caller)
            .setTenant(tenant)
            .setLimit(limit)
            .build();
    List<ListAuditResponse> rows = new ArrayList<>();
    try (AdminClient client = new AdminClient(mesh.address(home))) {
      client.audit(request, rows::add);
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      for (ListAuditResponse row : rows) {
        out.println(line(row));
      }
    } else {
      out.println(rows.isEmpty() ? "Nothing was done." : table(rows));
    }
    out.flush();
    return 0;
  }

  private Instant since() {
    try {
      return since.startsWith("P")
          ? Instant.now().minus(Duration.parse(since))
          : Instant.parse(since);
    } catch (DateTimeException | ArithmeticException e) {
      throw new ParameterException(spec.commandLine(), "'" + since + "' is no time.", e);
    }
  }

  private static String line(ListAuditResponse row) throws InvalidProtocolBufferException {
    return JsonFormat.printer().omittingInsignificantWhitespace().print(row);
  }

  /** Tokens of prompt and answer; how many requests, where a row is for several. */
  private static String count(ListAuditResponse row) {
    if (row.getMethod().equals("answer")) {
      return row.getPromptTokens() + "+" + row.getAnswerTokens();
    }
    return row.getPromptTokens() > 0 ? Long.toString(row.getPromptTokens()) : "";
  }

  private static String table(List<ListAuditResponse> rows) {
    List<List<String>> table = new ArrayList<>();
    table.add(List.of("TIME", "TENANT", "CALLER", "METHOD", "SESSION", "COUNT", "OUTCOME"));
    for (ListAuditResponse row : rows) {
      Timestamp time = row.getTime();
      table.add(
          List.of(
              Instant.ofEpochSecond(time.getSeconds()).toString(),
              row.getTenant(),
              row.getCaller(),
              row.getMethod(),
              row.getSession(),
              count(row),
              row.getOutcome()));
    }
    return new Columns(table).toString();
  }
}
