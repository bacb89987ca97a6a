// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.deploy.kubelet;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.owlmesh.images.Flavour;
import io.owlmesh.images.ServiceImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The images of the services as {@code ./owl images} makes them, on a base that needs no registry;
 * Podman has them until this is closed. The base takes minutes to make the first time.
 */
final class LoadedImages implements AutoCloseable {
  static final List<String> SERVICES = List.of("vision", "abstractor", "llm", "orchestrator");
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  private final List<String> loaded = new ArrayList<>();

  private LoadedImages() {}

  /**
   * Makes and loads them; skips the test where that is not possible, or where containers cannot be
   * started.
   *
   * @param folder for the tars
   */
  static LoadedImages load(Path folder, String tag) throws Exception {
    ServiceImages images = new ServiceImages(ROOT, "tar:" + base(), Flavour.CPU, tag);
    LoadedImages all = new LoadedImages();
    try {
      for (String service : SERVICES) {
        var _ = images.writeTo(folder, service);
        Path tar = folder.resolve("owl-" + service + ".tar");
        Programs.run("podman", "load", "--input=" + tar);
        Files.delete(tar);
        String image = "localhost/owl-%s:%s".formatted(service, tag);
        all.loaded.add(image);
        assumeTrue(PodStart.isPossible(image), "Podman starts no container here");
      }
      return all;
    } catch (Throwable failed) { // Also a skipped test leaves none behind.
      all.close();
      throw failed;
    }
  }

  /** Its packages come from a mirror of Debian, which not every machine reaches. */
  private static Path base() {
    try {
      return OfflineBase.tar();
    } catch (IOException e) {
      return abort("the base of the images cannot be made here: " + e.getMessage());
    }
  }

  @Override
  public void close() throws IOException {
    for (String image : loaded) {
      Programs.run("podman", "rmi", "--force", image);
    }
  }
}
