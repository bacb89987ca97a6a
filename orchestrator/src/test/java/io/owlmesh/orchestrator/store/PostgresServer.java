// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A PostgreSQL server of this machine's own installation, on loopback, in a folder of its own. */
public final class PostgresServer implements AutoCloseable {
  /** Who may do everything in it, without a password. */
  public static final String USER = "owl";

  private final Path folder;
  private final Process server;
  private final int port;
  private final AtomicInteger databases = new AtomicInteger();

  /**
   * Makes and starts a server.
   *
   * @param programs the folder of initdb and postgres
   */
  public PostgresServer(Path programs) throws Exception {
    folder = Files.createTempDirectory("owl-postgres");
    giveAway();
    Path data = folder.resolve("data");
    run(programs.resolve("initdb") + "", "-D", data + "", "-U", USER, "--auth=trust", "-N");
    port = freePort();
    List<String> command =
        asUser(
            programs.resolve("postgres") + "",
            "-D",
            data + "",
            "-p",
            port + "",
            "-h",
            "127.0.0.1",
            "-k",
            folder + "");
    server = EndsWithTests.guard(new ProcessBuilder(command).inheritIO().start());
    awaitReady();
  }

  /** Where the programs are, if they are installed. */
  public static Optional<Path> programs() throws IOException {
    Path all = Path.of("/usr/lib/postgresql");
    if (!Files.isDirectory(all)) {
      return Optional.empty();
    }
    try (Stream<Path> versions = Files.list(all)) {
      return versions
          .map(version -> version.resolve("bin"))
          .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
          .max(Comparator.naturalOrder());
    }
  }

  /** A server of its own; the test is left out, with a message, where none is installed. */
  public static PostgresServer startIfInstalled() throws Exception {
    Optional<Path> programs = programs();
    assumeTrue(programs.isPresent(), "PostgreSQL is not installed (apt install postgresql)");
    return new PostgresServer(programs.orElseThrow());
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  /** The server refuses to be root. */
  private void giveAway() throws Exception {
    if (isRoot()) {
      runAsIs("chown", "postgres", folder + "");
    }
  }

  private static List<String> asUser(String... command) {
    List<String> whole = new ArrayList<>();
    if (isRoot()) {
      whole.addAll(
          List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"));
    }
    whole.addAll(List.of(command));
    return whole;
  }

  private static void run(String... command) throws Exception {
    runAsIs(asUser(command).toArray(String[]::new));
  }

  private static void runAsIs(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IllegalStateException(String.join(" ", command) + ": " + said);
    }
  }

  private void awaitReady() throws Exception {
    for (int tries = 0; ; tries++) {
      try {
        DriverManager.getConnection(url("postgres"), USER, "").close();
        return;
      } catch (SQLException e) {
        if (tries > 300 || !server.isAlive()) {
          throw e;
        }
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
  }

  /** Where clients find a database. */
  public String url(String database) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
  }

  /** Makes an empty database. */
  public void create(String database) throws SQLException {
    try (var connection = DriverManager.getConnection(url("postgres"), USER, "");
        var statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + database);
    }
  }

  /** Makes another empty database; where clients find it. */
  public String createNext() throws SQLException {
    String database = "test" + databases.incrementAndGet();
    create(database);
    return url(database);
  }

  @Override
  public void close() throws IOException {
    server.destroy();
    server.onExit().orTimeout(30, TimeUnit.SECONDS).join();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
