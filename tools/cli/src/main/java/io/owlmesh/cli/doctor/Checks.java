// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.doctor;

import io.owlmesh.core.AvailableMemory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** The things that are looked at. None of them changes anything. */
final class Checks {
  private static final int JAVA = 25;
  private static final long LEAST_DISK = 1L << 30;
  private static final Duration SOON = Duration.ofDays(14);
  private static final int CONNECT_MILLIS = 3_000;

  /** Sources are younger than this: a clock before it is wrong. */
  private static final Instant SOURCES = Instant.parse("2026-01-01T00:00:00Z");

  private static final List<Integer> PORTS = List.of(9000, 9001, 9002, 9003, 9080);

  private Checks() {}

  static Finding java() {
    String version = System.getProperty("java.version");
    return Runtime.version().feature() == JAVA
        ? Finding.ok("JDK", version)
        : Finding.failure(
            "JDK", version, "install a JDK %d and set JAVA_HOME to it".formatted(JAVA));
  }

  static Finding processor() {
    String found =
        "%s, %d cores"
            .formatted(System.getProperty("os.arch"), Runtime.getRuntime().availableProcessors());
    boolean known =
        System.getProperty("os.name").equals("Linux")
            && List.of("amd64", "aarch64").contains(System.getProperty("os.arch"));
    return known
        ? Finding.ok("processor", found)
        : Finding.warning("processor", found, "only Linux on x86-64 is tested");
  }

  /** Beside what the weights of a checkpoint take, once for each service that has a part. */
  static Finding memory(Path checkpoint) {
    OptionalLong free = AvailableMemory.bytes();
    if (free.isEmpty()) {
      return Finding.warning("memory", "not known", "see that the weights fit twice");
    }
    long weights = bytes(checkpoint);
    String found =
        String.format(
            Locale.ROOT,
            "%.1f GiB free, weights of %.1f GiB",
            free.getAsLong() / (double) (1 << 30),
            weights / (double) (1 << 30));
    // Each service is a JVM of some hundred MiB; packing copies the language model for a while.
    long wanted = 2 * weights + (2L << 30);
    return free.getAsLong() >= wanted
        ? Finding.ok("memory", found)
        : Finding.failure(
            "memory",
            found,
            String.format(
                Locale.ROOT,
                "free %.1f GiB, or serve with --quantize=int8",
                wanted / (double) (1 << 30)));
  }

  private static long bytes(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      long sum = 0;
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        sum += Files.size(file);
      }
      return sum;
    } catch (IOException e) {
      return 0;
    }
  }

  static Finding checkpoint(Path folder) {
    return Files.isReadable(folder.resolve("config.json"))
        ? Finding.ok("checkpoint", folder.toString())
        : Finding.failure(
            "checkpoint",
            folder + " has no config.json that can be read",
            "name another with --checkpoint; ./owl checkpoint inspect says what a folder is");
  }

  /** The native library of the engine: found, or to be unpacked when it is first used. */
  static Finding engine() {
    String path = System.getenv("PYTORCH_LIBRARY_PATH");
    if (path == null || path.isEmpty()) {
      return Finding.ok("libtorch", "the one that comes along");
    }
    return Files.isReadable(Path.of(path, "libtorch.so"))
        ? Finding.ok("libtorch", path)
        : Finding.failure(
            "libtorch",
            path + " has no libtorch.so",
            "unset PYTORCH_LIBRARY_PATH, or name the folder of the library");
  }

  static Finding ports() {
    List<Integer> taken = new ArrayList<>();
    for (int port : PORTS) {
      try (ServerSocket probe = new ServerSocket()) {
        probe.setReuseAddress(true);
        probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      } catch (IOException e) {
        taken.add(port);
      }
    }
    return taken.isEmpty()
        ? Finding.ok("ports", "9000 to 9003 and 9080 are free")
        : Finding.warning(
            "ports",
            "somebody listens on " + taken,
            "if that is no mesh, take others: ./owl up --port-base");
  }

  static Finding clock(Instant now) {
    return now.isBefore(SOURCES)
        ? Finding.failure("clock", now.toString(), "set it: certificates and tokens depend on it")
        : Finding.ok("clock", now.toString());
  }

  static Finding data(Path folder) {
    Path there = folder.toAbsolutePath();
    while (!Files.exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    try {
      long free = Files.getFileStore(there).getUsableSpace();
      String found =
          String.format(Locale.ROOT, "%s, %.1f GiB free", folder, free / (double) (1 << 30));
      if (!Files.isWritable(there)) {
        return Finding.failure("data folder", found, "let this user write there, or set OWL_DATA");
      }
      return free < LEAST_DISK
          ? Finding.failure("data folder", found, "make room")
          : Finding.ok("data folder", found);
    } catch (IOException e) {
      return Finding.failure("data folder", folder + " cannot be read", "set OWL_DATA");
    }
  }

  /** Certificates of a folder, {@code OWL_TLS}, if one is named. */
  static Optional<Finding> certificates(Optional<Path> folder, Instant now) {
    return folder.map(named -> {
      try (Stream<Path> files = Files.walk(named)) {
        List<Path> certificates =
            files
                .filter(file ->
                    file.getFileName().toString().endsWith(".crt")
                        || file.getFileName().toString().endsWith(".pem"))
                .sorted()
                .toList();
        return certificates(named, certificates, now);
      } catch (IOException | UncheckedIOException e) {
        return Finding.failure(
            "certificates", named + " cannot be read", "see docs/how-to/secure.md");
      }
    });
  }

  private static Finding certificates(Path folder, List<Path> files, Instant now)
      throws IOException {
    Optional<Instant> first = Optional.empty();
    int count = 0;
    for (Path file : files) {
      for (X509Certificate one : read(file)) {
        Instant end = one.getNotAfter().toInstant();
        if (now.isBefore(one.getNotBefore().toInstant())) {
          return Finding.failure(
              "certificates", file + " is not valid yet", "look at the clock of its maker");
        }
        first = first.filter(other -> other.isBefore(end)).or(() -> Optional.of(end));
        count++;
      }
    }
    if (first.isEmpty()) {
      return Finding.failure(
          "certificates", folder + " has none", "see docs/how-to/secure.md for their names");
    }
    String found = "%d, the first ends at %s".formatted(count, first.get());
    if (first.get().isBefore(now)) {
      return Finding.failure(
          "certificates", found, "replace it; services take it up by themselves");
    }
    return first.get().isBefore(now.plus(SOON))
        ? Finding.warning("certificates", found, "replace it soon")
        : Finding.ok("certificates", found);
  }

  private static List<X509Certificate> read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      List<X509Certificate> found = new ArrayList<>();
      for (var one : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        if (one instanceof X509Certificate certificate) {
          found.add(certificate);
        }
      }
      return found;
    } catch (CertificateException e) {
      return List.of(); // A key, perhaps.
    }
  }

  /** Whether somebody answers where the database is to be, if one is named. */
  static Optional<Finding> database(Optional<String> url) {
    return url.map(named -> {
      if (!named.startsWith("jdbc:postgresql:")) {
        return Finding.ok("database", named + ", in the orchestrator's process");
      }
      URI place;
      try {
        place = new URI(named.substring("jdbc:".length()));
      } catch (URISyntaxException e) {
        return Finding.warning("database", "not looked for", "its address is not read here");
      }
      if (place.getHost() == null) {
        return Finding.warning("database", "not looked for", "its address is not read here");
      }
      String host = place.getHost();
      int port = place.getPort() < 0 ? 5432 : place.getPort();
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(host, port), CONNECT_MILLIS);
        return Finding.ok("database", "%s:%d answers".formatted(host, port));
      } catch (IOException e) {
        return Finding.failure(
            "database",
            "%s:%d does not answer".formatted(host, port),
            "start it, or correct OWL_DATABASE");
      }
    });
  }
}
