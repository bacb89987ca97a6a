// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

import static io.owlmesh.model.image.TestImageFiles.png;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A transparent pixel has the colour that is stored for it, as in Pillow's convert("RGB"). */
class TransparencyTest {
  private static final HexFormat HEX = HexFormat.of();

  private static String decode(byte[] file) {
    return HEX.formatHex(new PictureDecoder().decode(file).rgb());
  }

  private static byte[] deflated(String hex) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DeflaterOutputStream out = new DeflaterOutputStream(bytes)) {
      out.write(HEX.parseHex(hex));
    }
    return bytes.toByteArray();
  }

  /** One row of two pixels, the first of them transparent. */
  @ParameterizedTest
  @CsvSource({
    "8, 6, 00 10203000 405060ff, 102030405060",
    "16, 6, 00 1011202130310000 404150516061ffff, 102030405060",
    "8, 4, 00 7000 80ff, 707070808080",
    "16, 4, 00 70710000 8081ffff, 707070808080",
  })
  void anAlphaChannelOfPngIsDropped(int depth, int colour, String row, String rgb)
      throws Exception {
    assertThat(decode(png(2, 1, depth, colour, deflated(row.replace(" ", ""))))).isEqualTo(rgb);
  }

  @ParameterizedTest
  @CsvSource({
    // The palette's first entry, the grey 0x70 and the colour 102030 are named transparent.
    "3, 102030405060, 00, 00 00 01, 102030405060",
    "0, '', 0070, 00 70 80, 707070808080",
    "2, '', 001000200030, 00 102030 405060, 102030405060",
  })
  void aColourOfPngThatIsNamedTransparentStays(
      int colour, String palette, String transparent, String row, String rgb) throws Exception {
    byte[] file = png(2, 1, 8, colour, deflated(row.replace(" ", "")));
    byte[] chunks =
        palette.isEmpty()
            ? TestImageFiles.chunk("tRNS", HEX.parseHex(transparent))
            : TestImageFiles.concat(
                TestImageFiles.chunk("PLTE", HEX.parseHex(palette)),
                TestImageFiles.chunk("tRNS", HEX.parseHex(transparent)));
    // Behind the header, which ends at byte 33.
    byte[] whole =
        TestImageFiles.concat(
            Arrays.copyOf(file, 33), chunks, Arrays.copyOfRange(file, 33, file.length));

    assertThat(decode(whole)).isEqualTo(rgb);
  }

  @Test
  void theTransparentIndexOfAGifHasItsColour() {
    // 2 x 1, palette 102030 405060, index 0 transparent; pixels 0, 1.
    byte[] gif =
        HEX.parseHex(
            "47494638396102000100800000102030405060"
                + "21f9040100000000"
                + "2c000000000200010000"
                + "0202440a003b");

    assertThat(decode(gif)).isEqualTo("102030405060");
  }

  @Test
  void theAlphaOfABmpIsDropped() {
    // 1 x 1, 32 bits with masks for red, green, blue and alpha, of version 4.
    StringBuilder hex = new StringBuilder("424d7e000000000000007a000000");
    hex.append("6c000000").append("01000000").append("01000000").append("01002000");
    hex.append("03000000").append("04000000").append("00000000".repeat(4));
    hex.append("0000ff00").append("00ff0000").append("ff000000").append("000000ff");
    hex.append("00".repeat(52)).append("30201000");

    assertThat(decode(HEX.parseHex(hex))).isEqualTo("102030");
  }
}
