// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

import static io.owlmesh.model.image.TestImageFiles.bytes;
import static io.owlmesh.model.image.TestImageFiles.concat;
import static io.owlmesh.model.image.TestImageFiles.indexOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** JPEG files that cameras and tools write and every browser opens, though they lack something. */
class FieldJpegTest {
  private static final PictureDecoder DECODER = new PictureDecoder();
  private static final Path FOUND = Path.of("src/test/resources/images");
  private static final byte[] END = HexFormat.of().parseHex("ffd9");

  private static byte[] decode(byte[] file) {
    return DECODER.decode(file).rgb();
  }

  private static void assertRefused(byte[] file) {
    assertThatThrownBy(() -> decode(file)).hasMessageContaining("truncated or corrupt JPEG");
  }

  /** A picture by the JDK's writer, which uses the tables of annex K and defines them. */
  private static byte[] written() throws IOException {
    BufferedImage image = new BufferedImage(70, 45, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(3);
    for (int i = 0; i < 70 * 45; i++) {
      image.setRGB(i % 70, i / 70, random.nextInt(1 << 24));
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "jpg", out);
    return out.toByteArray();
  }

  /** Without the segments that define Huffman tables: all of them, or the first few. */
  private static byte[] withoutTables(byte[] jpeg, int most) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int at = 2;
    int left = most;
    out.write(jpeg, 0, 2);
    while ((jpeg[at + 1] & 0xff) != 0xda) {
      int length = 2 + ((jpeg[at + 2] & 0xff) << 8 | (jpeg[at + 3] & 0xff));
      if ((jpeg[at + 1] & 0xff) != 0xc4 || left-- <= 0) {
        out.write(jpeg, at, length);
      }
      at += length;
    }
    out.write(jpeg, at, jpeg.length - at);
    return out.toByteArray();
  }

  private static byte[] withoutEnd(byte[] jpeg) {
    assertThat(Arrays.copyOfRange(jpeg, jpeg.length - 2, jpeg.length)).isEqualTo(END);
    return Arrays.copyOf(jpeg, jpeg.length - 2);
  }

  @Test
  void tablesThatAreNotDefinedAreThoseOfTheStandard() throws IOException {
    byte[] jpeg = written();

    assertThat(withoutTables(jpeg, 9)).hasSizeLessThan(jpeg.length - 400);
    assertThat(decode(withoutTables(jpeg, 9))).isEqualTo(decode(jpeg));
    assertThat(decode(withoutTables(jpeg, 1))).isEqualTo(decode(jpeg));
  }

  /** A frame of Motion JPEG, and a file of a block device: one blue square on grey in both. */
  @Test
  void filesFromTheFieldShowTheirPicture() throws IOException {
    byte[] frame = decode(Files.readAllBytes(FOUND.resolve("without-huffman-tables.jpg")));
    byte[] file = decode(Files.readAllBytes(FOUND.resolve("zeros-for-end.jpg")));

    assertThat(frame).isEqualTo(file).hasSize(64 * 64 * 3);
    int middle = 3 * (20 * 64 + 16);
    assertThat(HexFormat.of().formatHex(frame, middle, middle + 3)).isEqualTo("2342d8");
  }

  @ParameterizedTest
  @ValueSource(strings = {"photo-b.jpg", "grey.jpg", "cmyk.jpg", "progressive.jpg"})
  void theEndMarkerMayBeMissingWhereAllScansAreThere(String name) throws IOException {
    byte[] jpeg = bytes(name);
    byte[] open = withoutEnd(jpeg);
    byte[] expected = decode(jpeg);

    assertThat(decode(open)).isEqualTo(expected);
    assertThat(decode(concat(open, new byte[] {(byte) 0xff}))).isEqualTo(expected);
    assertThat(decode(concat(open, new byte[5000]))).isEqualTo(expected);
    assertThat(decode(concat(open, HexFormat.of().parseHex("ffffffffff")))).isEqualTo(expected);
    assertThat(decode(concat(open, HexFormat.of().parseHex("1a0a0d0a")))).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"photo-b.jpg", "grey.jpg", "cmyk.jpg", "progressive.jpg"})
  void whereScanDataIsMissingZerosDoNotMakeUpForIt(String name) throws IOException {
    byte[] jpeg = bytes(name);
    for (int missing : new int[] {4, 40, jpeg.length / 3}) {
      byte[] cut = Arrays.copyOf(jpeg, jpeg.length - missing);

      assertRefused(cut);
      assertRefused(concat(cut, new byte[5000]));
    }
  }

  @Test
  void aProgressiveFileThatLacksWholeScansIsRefused() throws IOException {
    byte[] jpeg = bytes("progressive.jpg");
    int last = 0;
    for (int i = 0; i + 1 < jpeg.length; i++) {
      last = jpeg[i] == (byte) 0xff && jpeg[i + 1] == (byte) 0xda ? i : last;
    }

    assertRefused(Arrays.copyOf(jpeg, last));
  }

  @Test
  void restartMarkersAndFillBehindTheScanChangeNothing() throws IOException {
    byte[] jpeg = bytes("photo-b.jpg");
    byte[] open = withoutEnd(jpeg);
    byte[] expected = decode(jpeg);

    for (String hex : new String[] {"ffd0", "ffd7ffd0", "ffffff", "00", "0000ffd3", "ff01"}) {
      assertThat(decode(concat(open, HexFormat.of().parseHex(hex), END)))
          .as(hex)
          .isEqualTo(expected);
    }
    assertThat(decode(concat(jpeg, END, new byte[] {1, 2, 3}, jpeg))).isEqualTo(expected);
  }

  @Test
  void aScanThatNamesNoTableOfTheStandardIsRefused() throws IOException {
    byte[] jpeg = withoutTables(written(), 9);
    jpeg[indexOf(jpeg, "ffda") + 6] = 0x33;

    assertRefused(jpeg);
  }
}
