// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.core.OwlException;
import io.owlmesh.model.image.codec.WebPReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** WebP where libwebp cannot be unpacked: in a process of its own, since it is loaded once. */
class MissingLibwebpTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  /** Decodes the file that is named, and tells what becomes of it. */
  public static void main(String[] words) throws IOException {
    try {
      System.out.print(new PictureDecoder().decode(Files.readAllBytes(Path.of(words[0]))).width());
    } catch (OwlException e) {
      System.out.print(e.code() + " " + e.getMessage());
    }
  }

  private String decode(Path temporary) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dcom.luciad.imageio.webp.tmpdir=" + temporary,
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                MissingLibwebpTest.class.getName(),
                "src/test/resources/images/lossy.webp")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String said =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    return said;
  }

  @Test
  void aPictureIsRefusedByNameAndNotTheFaultOfTheService() throws Exception {
    assertThat(decode(folder)).containsOnlyDigits();
    assertThat(decode(folder.resolve("missing")))
        .isEqualTo("IMAGE_UNSUPPORTED image: is a WebP file, but libwebp could not be loaded here");
    assertThat(WebPReader.missing()).isEmpty();
  }
}
