// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.trainer.data.BadSample.Reason;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Shards as other tools write them. */
class TarShardsTest {
  @TempDir private Path folder;

  private static String line(String reply) {
    return "{\"text\":\"x\\nHuman: who?\\nAI: %s\"}".formatted(reply);
  }

  /** Names and contents in turn. */
  private Path shard(String name, String... files) throws IOException {
    Path shard = folder.resolve(name);
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(shard))) {
      for (int i = 0; i < files.length; i += 2) {
        byte[] content = files[i + 1].getBytes(StandardCharsets.UTF_8);
        TarArchiveEntry entry = new TarArchiveEntry(files[i]);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
      }
    }
    return shard;
  }

  private static SampleSource open(Path shard) {
    return SampleSources.open(shard.toString(), Optional.empty());
  }

  private static List<String> images(SampleSource source, int index) throws BadSample {
    return source.read(index).images().stream().map(TrainingSample.Image::name).toList();
  }

  private static void assertBad(SampleSource source, int index, Reason reason) {
    assertThatThrownBy(() -> source.read(index))
        .isInstanceOfSatisfying(BadSample.class, bad -> assertThat(bad.reason()).isEqualTo(reason));
  }

  @Test
  void endingsCountInAnyCase() throws Exception {
    Path shard = shard("A.TAR", "000.JSON", line("y"), "000.PNG", "p", "001.Json", line("z"));
    try (SampleSource source = open(shard)) {
      assertThat(source.size()).isEqualTo(2);
      assertThat(images(source, 0)).containsExactly("000.PNG");
      assertThat(source.read(1).text()).endsWith("z");
    }
  }

  @Test
  void theFieldsAreInTheFileThatEndsExactlyWithJson() throws Exception {
    Path shard =
        shard("a.tar", "000.en.json", line("no"), "000.json", line("yes"), "000.meta.json", "{}");
    try (SampleSource source = open(shard)) {
      // The others end with en.json and meta.json.
      assertThat(source.size()).isEqualTo(1);
      assertThat(source.read(0).text()).endsWith("yes");
    }
  }

  @Test
  void picturesOfOneSampleFollowByTheValueOfTheirNumbers() throws Exception {
    Path shard = shard("a.tar", "0.10.png", "", "0.2.png", "", "0.0.png", "", "0.json", line("y"));
    try (SampleSource source = open(shard)) {
      assertThat(images(source, 0)).containsExactly("0.0.png", "0.2.png", "0.10.png");
    }
  }

  @Test
  void aSampleThatIsNotWholeIsCountedAndNotLost() throws Exception {
    Path shard =
        shard("a.tar", "0.json", line("a"), "0.JSON", line("b"), "1.png", "p", "2.json", line("c"));
    try (SampleSource source = open(shard)) {
      assertThat(source.size()).isEqualTo(3);
      assertBad(source, 0, Reason.BAD_LINE);
      assertBad(source, 1, Reason.NO_TEXT);
      assertThat(source.read(2).text()).endsWith("c");
    }
  }

  @Test
  void hiddenFilesAndFoldersWithDotsAreNoPartOfAName() throws Exception {
    Path shard =
        shard(
            "a.tar",
            "v1.0/0.json",
            line("a"),
            "v1.0/0.png",
            "p",
            "v1.0/._0.json",
            "junk",
            "v1.0/README",
            "r",
            "._0.png",
            "junk",
            "v2.0/0.json",
            line("b"));
    try (SampleSource source = open(shard)) {
      assertThat(source.size()).isEqualTo(2);
      assertThat(images(source, 0)).containsExactly("v1.0/0.png");
      assertThat(images(source, 1)).isEmpty();
    }
  }

  @Test
  void aLinkIsNoPicture() throws Exception {
    Path shard = folder.resolve("a.tar");
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(shard))) {
      byte[] content = line("y").getBytes(StandardCharsets.UTF_8);
      TarArchiveEntry json = new TarArchiveEntry("0.json");
      json.setSize(content.length);
      tar.putArchiveEntry(json);
      tar.write(content);
      tar.closeArchiveEntry();
      TarArchiveEntry link = new TarArchiveEntry("0.png", TarConstants.LF_SYMLINK);
      link.setLinkName("/etc/hostname");
      tar.putArchiveEntry(link);
      tar.closeArchiveEntry();
    }
    try (SampleSource source = open(shard)) {
      assertThat(images(source, 0)).isEmpty();
    }
  }

  @Test
  void aShardThatBecameShorterEndsNoRun() throws Exception {
    Path shard = shard("a.tar", "0.json", line("a"), "1.json", line("b"));
    try (SampleSource source = open(shard);
        RandomAccessFile file = new RandomAccessFile(shard.toFile(), "rw")) {
      file.setLength(1100);

      assertThat(source.read(0).text()).endsWith("a");
      assertBad(source, 1, Reason.BAD_LINE);
    }
  }
}
