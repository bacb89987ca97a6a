// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

import static io.owlmesh.model.image.TestImageFiles.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.model.image.codec.Exif;
import io.owlmesh.model.image.codec.JpegColour;
import io.owlmesh.model.image.codec.Picture;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PictureColoursTest {
  private static final PictureDecoder DECODER = new PictureDecoder();

  @Test
  void orientationTurnsThePictureUpright() {
    // A B C
    // D E F
    byte[] rgb = new byte[18];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) "ABCDEF".charAt(i / 3);
    }
    Picture stored = new Picture(3, 2, rgb);
    List<String> upright =
        List.of("ABCDEF", "CBAFED", "FEDCBA", "DEFABC", "ADBECF", "DAEBFC", "FCEBDA", "CFBEAD");
    for (int orientation = 1; orientation <= 8; orientation++) {
      Picture picture = Exif.upright(stored, orientation);
      StringBuilder letters = new StringBuilder();
      for (int i = 0; i < 18; i += 3) {
        letters.append((char) picture.rgb()[i]);
      }
      assertThat(letters.toString()).isEqualTo(upright.get(orientation - 1));
      assertThat(picture.width()).isEqualTo(orientation < 5 ? 3 : 2);
    }
  }

  @Test
  void interlacedPngHoldsTheSamePixels() throws IOException {
    byte[] plain = bytes("rgb.png");
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(plain));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
      ImageWriteParam param = writer.getDefaultWriteParam();
      param.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
      writer.setOutput(out);
      writer.write(null, new IIOImage(image, null, null), param);
    }
    byte[] interlaced = bytes.toByteArray();

    assertThat(interlaced[28]).as("interlacing in IHDR").isEqualTo((byte) 1);
    assertThat(DECODER.decode(interlaced).rgb()).isEqualTo(DECODER.decode(plain).rgb());
  }

  @Test
  void sixteenBitsCountByTheirUpperEight() throws IOException {
    ComponentColorModel model =
        new ComponentColorModel(
            ColorSpace.getInstance(ColorSpace.CS_sRGB),
            false,
            false,
            Transparency.OPAQUE,
            DataBuffer.TYPE_USHORT);
    WritableRaster raster = model.createCompatibleWritableRaster(2, 1);
    raster.setPixels(0, 0, 2, 1, new int[] {0x1234, 0xff00, 0x00ff, 0x8001, 0xabcd, 0xffff});
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(model, raster, false, null), "png", out);

    assertThat(DECODER.decode(out.toByteArray()).rgb())
        .isEqualTo(HexFormat.of().parseHex("12ff0080abff"));
  }

  /** Each beside what Pillow makes of it, as a PNG of 8 bits. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "lossy.webp",
        "lossy-odd.webp",
        "lossy-alpha.webp",
        "lossy-animation.webp",
        "one-pixel.webp",
        "deep-grey.png",
        "deep-grey-alpha.png",
        "deep-rgb.png"
      })
  void filesOfTheWebHaveTheColoursThatTheReferenceSees(String file) throws IOException {
    Path images = Path.of("src/test/resources/images");
    Picture actual = DECODER.decode(Files.readAllBytes(images.resolve(file)));
    Picture expected =
        DECODER.decode(Files.readAllBytes(images.resolve("as-pillow/" + file + ".png")));

    assertThat(actual.width()).isEqualTo(expected.width());
    assertThat(actual.rgb()).isEqualTo(expected.rgb());
  }

  @Test
  void fourColoursBecomeThree() {
    // Stored inverted: no ink is 255. Then cyan at full strength, and half of black.
    byte[] samples = HexFormat.of().parseHex("ffffffff00ffffffffffff80");
    assertThat(JpegColour.ofCmyk(samples, false))
        .isEqualTo(HexFormat.of().parseHex("ffffff00ffff808080"));
    // The same white as luma without chroma.
    assertThat(JpegColour.ofCmyk(HexFormat.of().parseHex("008080ff"), true))
        .isEqualTo(HexFormat.of().parseHex("ffffff"));
  }
}
