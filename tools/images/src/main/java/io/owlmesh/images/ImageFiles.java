// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.images;

import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FileEntry;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The files of one image, all below {@code /app}, in layers of which the first changes least. Jib
 * gives each file the same time and rights, so the same files make the same image.
 *
 * @param name of the service
 * @param command what the image runs, without flags of the JVM
 * @param libraries where they come from, by the names of files, as far as that is written down
 */
record ImageFiles(
    String name,
    List<FileEntriesLayer> layers,
    List<String> command,
    Map<String, MavenCoordinates> libraries) {
  private static final String APP = "/app/";

  ImageFiles {
    layers = List.copyOf(layers);
    command = List.copyOf(command);
    libraries = Map.copyOf(libraries);
  }

  /**
   * A service that Quarkus built.
   *
   * @param home the root of the checkout
   * @throws NoSuchFileException if it is not built
   */
  static ImageFiles service(Path home, String name, Flavour flavour) throws IOException {
    String module = name.equals("orchestrator") ? name : name + "-service";
    Path app = home.resolve(module).resolve("target/quarkus-app");
    Path jar = app.resolve("quarkus-run.jar");
    if (!Files.exists(jar)) {
      throw new NoSuchFileException(jar.toString());
    }
    List<FileEntriesLayer> layers = new ArrayList<>();
    if (name.equals("orchestrator")) {
      layers.add(data(app));
    }
    Predicate<Path> library = file -> app.relativize(file).startsWith("lib");
    Predicate<Path> wanted = file -> flavour.has(file.getFileName().toString());
    layers.add(layer("libraries", app, library.and(wanted)));
    layers.add(layer("service", app, library.negate()));
    return new ImageFiles(
        name, layers, List.of("-jar", APP + "quarkus-run.jar"), MavenCoordinates.ofService(app));
  }

  /** An empty folder, of which a new volume takes over whose it is. */
  private static FileEntriesLayer data(Path anyFolder) {
    return FileEntriesLayer.builder()
        .setName("data")
        .addEntry(
            new FileEntry(
                anyFolder,
                AbsoluteUnixPath.get("/data"),
                FilePermissions.fromOctalString("700"),
                FileEntriesLayer.DEFAULT_MODIFICATION_TIME,
                ServiceImages.USER))
        .build();
  }

  /**
   * The trainer: the command line with all it stands on.
   *
   * @throws NoSuchFileException if it is not built
   */
  static ImageFiles trainer(Path home, Flavour flavour) throws IOException {
    Path cli = home.resolve("tools/cli/target");
    FileEntriesLayer.Builder libraries = FileEntriesLayer.builder().setName("libraries");
    for (String jar : Files.readString(cli.resolve("classpath")).strip().split(":", -1)) {
      String file = Path.of(jar).getFileName().toString();
      if (flavour.has(file)) {
        libraries.addEntry(Path.of(jar), AbsoluteUnixPath.get(APP + "lib/" + file));
      }
    }
    FileEntriesLayer.Builder own = FileEntriesLayer.builder().setName("trainer");
    own.addEntry(cli.resolve("owl-cli.jar"), AbsoluteUnixPath.get(APP + "owl-cli.jar"));
    for (Path jar : files(cli.resolve("lib"))) {
      own.addEntry(jar, AbsoluteUnixPath.get(APP + "own/" + jar.getFileName()));
    }
    return new ImageFiles(
        "trainer",
        List.of(libraries.build(), own.build()),
        List.of(
            "-cp",
            "%1$sowl-cli.jar:%1$sown/*:%1$slib/*".formatted(APP),
            "io.owlmesh.cli.Owl",
            "train"),
        MavenCoordinates.ofCommands(cli.resolve("coordinates")));
  }

  private static FileEntriesLayer layer(String name, Path root, Predicate<Path> which)
      throws IOException {
    FileEntriesLayer.Builder layer = FileEntriesLayer.builder().setName(name);
    for (Path file : files(root)) {
      if (which.test(file)) {
        layer.addEntry(file, AbsoluteUnixPath.get(APP + root.relativize(file)));
      }
    }
    return layer.build();
  }

  /** All files below a folder, sorted: their order is part of the image. */
  private static List<Path> files(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
