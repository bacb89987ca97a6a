// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.cli.option.ExitCode;
import io.owlmesh.cli.option.Home;
import io.owlmesh.core.Columns;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.ApiKey;
import io.owlmesh.core.identity.ApiKey.Secret;
import io.owlmesh.core.identity.CallerLimits;
import io.owlmesh.core.identity.KeyFile;
import io.owlmesh.core.identity.Role;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** Looks after the API keys of a mesh, whether it runs or not. */
@Command(
    name = "keys",
    description = "Lists the API keys of the mesh; creates and revokes them.",
    sortOptions = false,
    footer = {
      "",
      "A mesh that runs heeds a change within two seconds. Once there is a key, everybody needs one;",
      "commands take theirs from $OWL_API_KEY."
    })
public final class KeysCommand implements Runnable {
  private static final int MAX_DAYS = 3650;

  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Option(
      names = "--file",
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description = "Where they are kept (default: $OWL_KEYS, else keys in the data folder).")
  private @Nullable Path file;

  public KeysCommand(Home home) {
    this.home = home;
  }

  private KeyFile keys() {
    if (file != null) {
      return new KeyFile(file);
    }
    Optional<Path> named = variable("OWL_KEYS");
    return new KeyFile(
        named.orElseGet(() ->
            variable("OWL_DATA").orElseGet(() -> home.root().resolve("data")).resolve("keys")));
  }

  private static Optional<Path> variable(String name) {
    return Optional.ofNullable(System.getenv(name)).filter(text -> !text.isBlank()).map(Path::of);
  }

  @Override
  public void run() {
    list();
  }

  private void say(String text) {
    spec.commandLine().getOut().println(text);
    spec.commandLine().getOut().flush();
  }

  private List<ApiKey> all() {
    try {
      return keys().read().map(KeyFile.Contents::keys).orElse(List.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Command(name = "list", description = "Lists them, as without a command; secrets are not kept.")
  int list() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("KEY", "ROLE", "TENANT", "CREATED", "EXPIRES", "NAME"));
    Instant now = Instant.now();
    for (ApiKey key : all()) {
      String expires = key.expires().map(KeysCommand::day).orElse("never");
      rows.add(
          List.of(
              key.prefix(),
              key.role().label(),
              key.tenant(),
              day(key.created()),
              key.isExpired(now) ? "expired" : expires,
              key.name()));
    }
    say(rows.size() == 1 ? "There are no keys." : new Columns(rows).toString());
    return 0;
  }

  private static String day(Instant time) {
    return time.toString().substring(0, "2026-01-01".length());
  }

  @Command(
      name = "create",
      description = "Makes a key and prints it, once: only its digest is kept.")
  int create(
      @Option(
              names = "--role",
              paramLabel = "ROLE",
              defaultValue = "user",
              description = "user, operator or admin (default: ${DEFAULT-VALUE}).")
          String role,
      @Option(
              names = "--tenant",
              paramLabel = "NAME",
              defaultValue = "default",
              description = "Whose conversations it opens (default: ${DEFAULT-VALUE}).")
          String tenant,
      @Option(
              names = "--days",
              paramLabel = "N",
              defaultValue = "365",
              description = "How long it is valid; 0: for ever (default: ${DEFAULT-VALUE}).")
          int days,
      @Option(
              names = "--name",
              paramLabel = "TEXT",
              defaultValue = "",
              description = "What people call it.")
          String name)
      throws IOException {
    Role known =
        Role.of(role)
            .orElseThrow(() ->
                new ParameterException(
                    spec.commandLine(),
                    "'%s' is no role; there are %s"
                        .formatted(role, Stream.of(Role.values()).map(Role::label).toList())));
    if (days < 0 || days > MAX_DAYS) {
      throw new ParameterException(
          spec.commandLine(), "--days must be 0 to %d, not %d.".formatted(MAX_DAYS, days));
    }
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    Optional<Instant> expires =
        days == 0 ? Optional.empty() : Optional.of(now.plus(Duration.ofDays(days)));
    Secret secret = Secret.random();
    keys().add(ApiKey.of(secret, known, tenant, now, expires, name));
    say(secret.credential());
    return 0;
  }

  @Command(
      name = "limit",
      description = "Limits a key or a tenant in another way than the settings do.",
      footer = {
        "",
        "LIMITS is requests=60,positions=100000,images=30,streams=8,bytes=50000000,answers=4, or some",
        "of these, and for tenants storage=10000000000; - means no limits, 'settings' those of the",
        "settings. Requests, positions and images are counted by the minute."
      })
  int limit(
      @Parameters(paramLabel = "KEY|TENANT", description = "As ./owl keys list shows it.")
          String name,
      @Parameters(paramLabel = "LIMITS", description = "How much it may ask for.") String text)
      throws IOException {
    String id = id(name);
    boolean isKey = all().stream().anyMatch(key -> key.id().equals(id));
    if (!isKey && !id.equals(name)) {
      say("There is no key " + name);
      return ExitCode.FAILED;
    }
    String whom = isKey ? "key:" + id : name;
    try {
      keys()
          .limit(
              whom,
              text.equals("settings") ? Optional.empty() : Optional.of(CallerLimits.parse(text)));
    } catch (OwlException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
    }
    say((isKey ? "Key " : "Tenant ") + name + " is limited by " + text);
    return 0;
  }

  /** Of a key as its list shows it, or as the audit does. */
  private static String id(String key) {
    return key.replaceFirst("^(owl_|key:)", "");
  }

  @Command(name = "revoke", description = "Ends a key: whoever has it is refused from then on.")
  int revoke(
      @Parameters(paramLabel = "KEY", description = "As ./owl keys list shows it.") String key)
      throws IOException {
    String id = id(key);
    boolean found = keys().revoke(id);
    say(found ? key + " is revoked" : "There is no key " + key);
    return found ? 0 : ExitCode.FAILED;
  }
}
