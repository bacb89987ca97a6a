// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.owlmesh.core.Sha256;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.cyclonedx.Version;
import org.cyclonedx.parsers.JsonParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images as tars, built on nothing: what is in them, not whether it runs. */
class ServiceImagesTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path home;

  private void write(String file, String text) throws IOException {
    Path path = home.resolve(file);
    Files.createDirectories(Objects.requireNonNull(path.getParent()));
    Files.writeString(path, text);
    Files.setLastModifiedTime(path, FileTime.fromMillis(System.nanoTime() / 1_000));
  }

  private void buildVision() throws IOException {
    write("vision-service/target/quarkus-app/quarkus-run.jar", "run");
    write("vision-service/target/quarkus-app/app/owl-vision-service.jar", "own");
    write(
        "vision-service/target/quarkus-app/quarkus-app-dependencies.txt",
        "io.grpc:grpc-api::jar:1.79.0\nai.djl.pytorch:pytorch-native-cpu:linux-x86_64:jar:2\n");
    write("vision-service/target/quarkus-app/lib/main/io.grpc.grpc-api-1.79.0.jar", "grpc");
    write(
        "vision-service/target/quarkus-app/lib/main/ai.djl.pytorch.pytorch-native-cpu-2-linux-x86_64.jar",
        "n");
  }

  private ServiceImages images(Flavour flavour) {
    return new ServiceImages(home, "scratch", flavour, "1.0");
  }

  private static Map<String, byte[]> entries(InputStream tar) throws IOException {
    Map<String, byte[]> entries = new HashMap<>();
    try (TarArchiveInputStream in = new TarArchiveInputStream(tar)) {
      for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        if (entry.isFile()) {
          entries.put(entry.getName(), in.readAllBytes());
        }
      }
    }
    return entries;
  }

  /** The configuration of an image, found among the blobs by its entry point. */
  private static JsonNode config(Map<String, byte[]> image) throws IOException {
    for (byte[] blob : image.values()) {
      if (blob.length > 0 && blob[0] == '{') {
        JsonNode json = JSON.readTree(blob);
        if (json.has("rootfs")) {
          return json;
        }
      }
    }
    throw new AssertionError("no configuration in " + image.keySet());
  }

  private static Set<String> files(Map<String, byte[]> image) throws IOException {
    Set<String> files = new TreeSet<>();
    for (byte[] blob : image.values()) {
      if (blob.length > 2 && blob[0] == 0x1f && blob[1] == (byte) 0x8b) {
        files.addAll(entries(new GZIPInputStream(new ByteArrayInputStream(blob))).keySet());
      }
    }
    return files;
  }

  @Test
  void aServiceIsInItsImageAndIsNotRunAsRoot(@TempDir Path to) throws Exception {
    buildVision();

    images(Flavour.CPU).writeTo(to, "vision");

    Map<String, byte[]> image = entries(Files.newInputStream(to.resolve("owl-vision.tar")));
    assertThat(files(image))
        .containsExactlyInAnyOrder(
            "app/quarkus-run.jar",
            "app/quarkus-app-dependencies.txt",
            "app/app/owl-vision-service.jar",
            "app/lib/main/io.grpc.grpc-api-1.79.0.jar",
            "app/lib/main/ai.djl.pytorch.pytorch-native-cpu-2-linux-x86_64.jar");
    JsonNode config = config(image);
    assertThat(config.path("config").path("User").asText()).isEqualTo("1001:1001");
    assertThat(config.path("config").path("Entrypoint").toString())
        .startsWith("[\"java\"")
        .endsWith("\"-jar\",\"/app/quarkus-run.jar\"]");
    assertThat(config.path("config").path("Env").toString()).contains("DJL_CACHE_DIR=/tmp/djl");
  }

  @Test
  void theSameFilesMakeTheSameImageAtAnyTime(@TempDir Path to) throws Exception {
    buildVision();
    String first = images(Flavour.CPU).writeTo(to, "vision");
    buildVision(); // Written again: other times, same content.
    assertThat(images(Flavour.CPU).writeTo(to, "vision")).isEqualTo(first);

    write("vision-service/target/quarkus-app/app/owl-vision-service.jar", "changed");

    assertThat(images(Flavour.CPU).writeTo(to, "vision")).isNotEqualTo(first);
  }

  @Test
  void anImageForCudaLeavesTheNativesToItsBase(@TempDir Path to) throws Exception {
    buildVision();

    images(Flavour.CUDA).writeTo(to, "vision");

    Map<String, byte[]> image = entries(Files.newInputStream(to.resolve("owl-vision-cuda.tar")));
    assertThat(files(image)).hasSize(4).noneMatch(file -> file.contains("native"));
    assertThat(config(image).path("config").path("Env").toString())
        .contains("PYTORCH_LIBRARY_PATH=/opt/libtorch/lib");
  }

  @Test
  void theTrainerIsTheCommandLineAndNoWeights(@TempDir Path to) throws Exception {
    write("repository/picocli.jar", "p");
    write("tools/cli/target/owl-cli.jar", "cli");
    write("tools/cli/target/lib/owl-trainer-job.jar", "trainer");
    write("tools/cli/target/classpath", home.resolve("repository/picocli.jar").toString());
    write("tools/cli/target/coordinates", "repository/picocli.jar");

    images(Flavour.CPU).writeTo(to, "trainer");

    Map<String, byte[]> image = entries(Files.newInputStream(to.resolve("owl-trainer.tar")));
    assertThat(files(image))
        .containsExactlyInAnyOrder(
            "app/lib/picocli.jar", "app/owl-cli.jar", "app/own/owl-trainer-job.jar");
    assertThat(config(image).path("config").path("Entrypoint").toString())
        .endsWith("\"io.owlmesh.cli.Owl\",\"train\"]");
  }

  @Test
  void theOrchestratorFindsAFolderForItsDataThatIsItsOwn(@TempDir Path to) throws Exception {
    write("orchestrator/target/quarkus-app/quarkus-run.jar", "run");
    write("orchestrator/target/quarkus-app/quarkus-app-dependencies.txt", "");

    images(Flavour.CPU).writeTo(to, "orchestrator");

    List<TarArchiveEntry> folders = new ArrayList<>();
    for (byte[] blob : entries(Files.newInputStream(to.resolve("owl-orchestrator.tar"))).values()) {
      if (blob.length > 2 && blob[0] == 0x1f && blob[1] == (byte) 0x8b) {
        try (TarArchiveInputStream layer =
            new TarArchiveInputStream(new GZIPInputStream(new ByteArrayInputStream(blob)))) {
          for (TarArchiveEntry e = layer.getNextEntry(); e != null; e = layer.getNextEntry()) {
            folders.add(e);
          }
        }
      }
    }
    assertThat(folders)
        .filteredOn(entry -> entry.getName().equals("data/"))
        .singleElement()
        .returns(1001L, TarArchiveEntry::getLongUserId)
        .returns(1001L, TarArchiveEntry::getLongGroupId)
        .returns(0700, entry -> entry.getMode() & 0777);
  }

  @Test
  void besideAnImageIsABillOfWhatIsInIt(@TempDir Path to) throws Exception {
    buildVision();

    String digest = images(Flavour.CPU).writeTo(to, "vision");

    Path file = to.resolve("owl-vision.cdx.json");
    assertThat(new JsonParser().validate(file.toFile(), Version.VERSION_16)).isEmpty();
    JsonNode bill = JSON.readTree(file.toFile());
    assertThat(bill.at("/metadata/component/bom-ref").asText())
        .isEqualTo("pkg:oci/owl-vision@" + digest);
    assertThat(bill.at("/components").findValuesAsText("purl"))
        .containsExactlyInAnyOrder(
            "pkg:maven/io.grpc/grpc-api@1.79.0?type=jar",
            "pkg:maven/ai.djl.pytorch/pytorch-native-cpu@2?classifier=linux-x86_64&type=jar");
    assertThat(bill.at("/components").findValuesAsText("name"))
        .containsExactlyInAnyOrder(
            "grpc-api", "pytorch-native-cpu", "owl-vision-service.jar", "quarkus-run.jar");
    assertThat(bill.at("/components").findValuesAsText("content"))
        .hasSize(4)
        .contains(Sha256.hex(List.of(ByteBuffer.wrap("grpc".getBytes(StandardCharsets.UTF_8)))));
    byte[] first = Files.readAllBytes(file);
    images(Flavour.CPU).writeTo(to, "vision");
    assertThat(file).hasBinaryContent(first);
  }

  @Test
  void theBillOfTheTrainerKnowsLibrariesByTheirPlaceInTheRepository(@TempDir Path to)
      throws Exception {
    String picocli = "info/picocli/picocli/4.7.7/picocli-4.7.7.jar";
    write("elsewhere/" + picocli, "p");
    write("tools/cli/target/owl-cli.jar", "cli");
    write("tools/cli/target/lib/owl-trainer-job.jar", "trainer");
    write("tools/cli/target/classpath", home.resolve("elsewhere/" + picocli).toString());
    write("tools/cli/target/coordinates", "repository/" + picocli);

    images(Flavour.CPU).writeTo(to, "trainer");

    JsonNode bill = JSON.readTree(to.resolve("owl-trainer.cdx.json").toFile());
    assertThat(bill.at("/components").findValuesAsText("purl"))
        .containsExactly("pkg:maven/info.picocli/picocli@4.7.7?type=jar");
    assertThat(bill.at("/components")).hasSize(3);
  }

  @Test
  void whatIsNotBuiltIsNamed(@TempDir Path to) {
    assertThatThrownBy(() -> images(Flavour.CPU).writeTo(to, "llm"))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("llm-service/target/quarkus-app/quarkus-run.jar");
    assertThat(to).isEmptyDirectory();
  }
}
