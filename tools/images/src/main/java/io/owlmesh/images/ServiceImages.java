// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.images;

import com.google.cloud.tools.jib.api.CacheDirectoryCreationException;
import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.ImageReference;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainer;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.api.RegistryImage;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.ImageFormat;
import com.google.cloud.tools.jib.frontend.CredentialRetrieverFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;

/**
 * Makes an image of each service and of the trainer, to tars in a folder or to a registry. They run
 * as user 1001, write to {@code /tmp} alone, and hold no weights.
 *
 * @param home the root of the checkout, where the services are built
 * @param base image with a Java 25, {@code tar:FILE} of one, or {@code scratch} for nothing
 */
public record ServiceImages(Path home, String base, Flavour flavour, String tag) {
  /** All there are. */
  public static final List<String> NAMES =
      List.of("vision", "abstractor", "llm", "orchestrator", "trainer");

  static final String USER = "1001:1001";
  private static final String TAR = "tar:";

  /** What every service needs of its JVM; {@code JDK_JAVA_OPTIONS} adds to it. */
  private static final List<String> JAVA =
      List.of(
          "java",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "--add-modules=jdk.incubator.vector",
          "-XX:+ExitOnOutOfMemoryError");

  /**
   * Writes {@code owl-NAME.tar} to a folder, for {@code podman load} and the like, and beside it
   * {@code owl-NAME.cdx.json}, a CycloneDX document of what is in it.
   *
   * @return the digest of the image
   * @throws IOException if the service is not built, or the base cannot be had
   */
  public String writeTo(Path folder, String name) throws IOException, InterruptedException {
    Files.createDirectories(folder);
    ImageFiles files = files(name);
    Path tar = folder.resolve("owl-" + name + flavour.suffix() + ".tar");
    String digest = build(files, Containerizer.to(TarImage.at(tar).named(reference("", name))));
    Path bill = folder.resolve("owl-" + name + flavour.suffix() + ".cdx.json");
    BillOfMaterials.write(files, tag + flavour.suffix(), digest, bill);
    return digest;
  }

  private ImageFiles files(String name) throws IOException {
    return name.equals("trainer")
        ? ImageFiles.trainer(home, flavour)
        : ImageFiles.service(home, name, flavour);
  }

  /**
   * Pushes to a registry, with the credentials that Docker's or Podman's login wrote.
   *
   * @param registry and a path within it, such as {@code registry.example.org/owl}
   * @return the digest of the image
   * @throws IOException if the service is not built, or the registry refuses
   */
  public String push(String registry, String name) throws IOException, InterruptedException {
    ImageReference reference = reference(registry + "/", name);
    return build(files(name), Containerizer.to(withCredentials(reference)));
  }

  private ImageReference reference(String prefix, String name) throws IOException {
    return parse("%sowl-%s:%s%s".formatted(prefix, name, tag, flavour.suffix()));
  }

  private static ImageReference parse(String reference) throws IOException {
    try {
      return ImageReference.parse(reference);
    } catch (InvalidImageReferenceException e) {
      throw new IOException("'%s' is no name of an image".formatted(reference), e);
    }
  }

  private static RegistryImage withCredentials(ImageReference reference) {
    CredentialRetrieverFactory known = CredentialRetrieverFactory.forImage(reference, _ -> {});
    return RegistryImage.named(reference).addCredentialRetriever(known.dockerConfig());
  }

  private JibContainerBuilder from() throws IOException {
    if (base.equals("scratch")) {
      return Jib.fromScratch();
    }
    return base.startsWith(TAR)
        ? Jib.from(TarImage.at(Path.of(base.substring(TAR.length()))))
        : Jib.from(withCredentials(parse(base)));
  }

  private String build(ImageFiles files, Containerizer to)
      throws IOException, InterruptedException {
    List<String> entrypoint = new ArrayList<>(JAVA);
    entrypoint.addAll(files.command());
    JibContainerBuilder image =
        from()
            .setFormat(ImageFormat.OCI)
            .setFileEntriesLayers(files.layers())
            .setEntrypoint(entrypoint)
            .setUser(USER)
            .addEnvironmentVariable("DJL_CACHE_DIR", "/tmp/djl")
            .addLabel("org.opencontainers.image.title", "owl-" + files.name())
            .addLabel("org.opencontainers.image.licenses", "Apache-2.0")
            .setCreationTime(Instant.EPOCH);
    flavour.environment().forEach(image::addEnvironmentVariable);
    try {
      JibContainer built = image.containerize(to.setToolName("owl"));
      return built.getDigest().toString();
    } catch (ExecutionException | RegistryException | CacheDirectoryCreationException e) {
      throw new IOException("owl-%s: %s".formatted(files.name(), e.getMessage()), e);
    }
  }
}
