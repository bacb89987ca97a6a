// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.images;

import com.github.packageurl.MalformedPackageURLException;
import com.github.packageurl.PackageURL;
import com.github.packageurl.PackageURLBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a library is called where it comes from.
 *
 * @param classifier empty for none
 */
record MavenCoordinates(String group, String artifact, String version, String classifier) {
  private static final String DEPENDENCIES = "quarkus-app-dependencies.txt";
  private static final int PARTS = 5;

  /**
   * Those of a service, by the names of its files.
   *
   * @param app that Quarkus built, with a line {@code group:artifact:classifier:type:version} for
   *     each library
   */
  static Map<String, MavenCoordinates> ofService(Path app) throws IOException {
    Map<String, MavenCoordinates> all = new HashMap<>();
    for (String line : Files.readAllLines(app.resolve(DEPENDENCIES))) {
      String[] parts = line.strip().split(":", -1);
      if (parts.length == PARTS) {
        MavenCoordinates one = new MavenCoordinates(parts[0], parts[1], parts[4], parts[2]);
        all.put("%s.%s".formatted(one.group, one.file()), one);
      }
    }
    return all;
  }

  /**
   * Those of the command line, by the names of its files.
   *
   * @param coordinates a class path of which each entry is {@code
   *     repository/group/by/folders/artifact/version/file.jar}
   */
  static Map<String, MavenCoordinates> ofCommands(Path coordinates) throws IOException {
    Map<String, MavenCoordinates> all = new HashMap<>();
    for (String entry : Files.readString(coordinates).strip().split(":", -1)) {
      Path jar = Path.of(entry);
      ofPath(jar).ifPresent(one -> all.put(jar.getFileName().toString(), one));
    }
    return all;
  }

  private static Optional<MavenCoordinates> ofPath(Path path) {
    int folders = path.getNameCount() - 1;
    if (folders < 4) {
      return Optional.empty();
    }
    String artifact = path.getName(folders - 2).toString();
    String version = path.getName(folders - 1).toString();
    String group =
        path.subpath(1, folders - 2).toString().replace(path.getFileSystem().getSeparator(), ".");
    String plain = "%s-%s".formatted(artifact, version);
    String file = path.getFileName().toString();
    if (!file.startsWith(plain) || !file.endsWith(".jar")) {
      return Optional.empty();
    }
    String rest = file.substring(plain.length(), file.length() - ".jar".length());
    return Optional.of(
        new MavenCoordinates(group, artifact, version, rest.isEmpty() ? "" : rest.substring(1)));
  }

  private String file() {
    return "%s-%s%s.jar".formatted(artifact, version, classifier.isEmpty() ? "" : "-" + classifier);
  }

  /** As package URLs name it. */
  String packageUrl() {
    try {
      PackageURLBuilder url =
          PackageURLBuilder.aPackageURL()
              .withType(PackageURL.StandardTypes.MAVEN)
              .withNamespace(group)
              .withName(artifact)
              .withVersion(version)
              .withQualifier("type", "jar");
      return (classifier.isEmpty() ? url : url.withQualifier("classifier", classifier))
          .build()
          .canonicalize();
    } catch (MalformedPackageURLException e) {
      throw new IllegalStateException(this.toString(), e);
    }
  }
}
