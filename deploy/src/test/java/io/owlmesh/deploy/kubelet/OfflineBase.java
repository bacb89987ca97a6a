// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.deploy.kubelet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * A base for images where no registry is: Debian's essential packages, what PyTorch links to, and
 * the Java that runs this test. It takes minutes to make, so it is kept in the user's cache.
 */
final class OfflineBase {
  private static final String NAME = "localhost/owl-base";
  private static final String PACKAGES = "libstdc++6,libgomp1,zlib1g,ca-certificates";
  private static final String MODULES =
      "java.se,jdk.charsets,jdk.crypto.ec,jdk.incubator.vector,jdk.localedata,jdk.management,"
          + "jdk.management.agent,jdk.naming.dns,jdk.net,jdk.nio.mapmode,jdk.sctp,"
          + "jdk.security.auth,jdk.unsupported,jdk.zipfs,jdk.jfr,jdk.httpserver";

  private OfflineBase() {}

  private static Path cache() {
    String set = System.getenv("XDG_CACHE_HOME");
    Path caches = set == null ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(set);
    return caches.resolve("owlmesh/base-java%s.tar".formatted(System.getProperty("java.version")));
  }

  /** The base as Docker saves images. */
  static Path tar() throws IOException {
    Path tar = cache();
    if (!Files.exists(tar)) {
      Files.createDirectories(tar.getParent());
      Path work = Files.createTempDirectory(tar.getParent(), "base");
      try {
        make(work);
        Files.move(work.resolve("base.tar"), tar, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Programs.run("rm", "-rf", work.toString());
      }
    }
    return tar;
  }

  private static void make(Path work) throws IOException {
    Path java = work.resolve("java");
    Path root = work.resolve("root.tar");
    Programs.run(
        Path.of(System.getProperty("java.home"), "bin/jlink").toString(),
        "--add-modules",
        MODULES,
        "--strip-java-debug-attributes",
        "--no-header-files",
        "--no-man-pages",
        "--output",
        java.toString());
    Programs.run(
        "mmdebstrap",
        "--variant=essential",
        "--include=" + PACKAGES,
        "--customize-hook=copy-in " + java + " /opt",
        codename(),
        root.toString());
    Programs.run(
        "podman",
        "import",
        "--change=ENV PATH=/opt/java/bin:/usr/bin:/bin",
        "--change=ENV JAVA_HOME=/opt/java",
        root.toString(),
        NAME);
    Programs.run(
        List.of(
            "podman",
            "save",
            "--format=docker-archive",
            "--output=" + work.resolve("base.tar"),
            NAME));
    Programs.run("podman", "rmi", NAME);
  }

  /** The Debian that this machine has: its C library is the one that libtorch was loaded with. */
  private static String codename() throws IOException {
    return Files.readString(Path.of("/etc/os-release"))
        .lines()
        .filter(line -> line.startsWith("VERSION_CODENAME="))
        .map(line -> line.substring("VERSION_CODENAME=".length()))
        .findFirst()
        .orElse("stable");
  }
}
