// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.model.image.codec.Picture;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Crop and pad, beside what the golden folders of LLaVA hold. */
class FitTest {
  private static Picture noise(int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    new Random(7).nextBytes(rgb);
    return new Picture(width, height, rgb);
  }

  @Test
  @Timeout(20)
  void aPictureThatCropsToMillionsOfRowsIsReadWhereItStays() {
    // The whole would be 336 x 6,720,000.
    assertThat(Bicubic.crop(noise(1, 20_000), 336)).hasSize(3 * 336 * 336);
    assertThat(Bicubic.crop(noise(20_000, 1), 336)).hasSize(3 * 336 * 336);
  }

  @Test
  void aSquareIsTheSameHoweverItFits() {
    Picture square = noise(50, 50);
    byte[] squashed = Bicubic.resizeToSquare(square, 28);
    assertThat(Bicubic.crop(square, 28)).isEqualTo(squashed);
    assertThat(Bicubic.pad(square, 28, new int[] {1, 2, 3})).isEqualTo(squashed);
  }

  @Test
  void aFrameHasTheColourOfTheMean() {
    byte[] padded =
        new Preprocessor(Preprocessing.clip(28).with(Fit.PAD)).square(noise(4, 400), 28);
    assertThat(padded).startsWith((byte) 122, (byte) 116, (byte) 104);
    assertThat(padded).endsWith((byte) 122, (byte) 116, (byte) 104);
  }

  @Test
  void whatIsMadeInAnotherWayHasAnotherKey() {
    Picture picture = noise(5, 9);
    Preprocessing squash = Preprocessing.clip(28);
    assertThat(ContentKey.of(picture, squash.with(Fit.CROP)))
        .isNotEqualTo(ContentKey.of(picture, squash))
        .isNotEqualTo(ContentKey.of(picture, squash.with(Fit.PAD)));
  }
}
