// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.core.HostTensor;
import io.owlmesh.model.image.codec.Picture;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GoldenPixelsTest {
  private static final Preprocessing TINY = Preprocessing.clip(56);

  static List<String> pixelNames() throws IOException {
    return new Golden(Golden.FOLDER.resolve("pixels.safetensors")).names();
  }

  static List<String> inputNames() throws IOException {
    return new Golden(Golden.FOLDER.resolve("forward.safetensors"))
        .names().stream().filter(name -> name.startsWith("pixel_values/")).toList();
  }

  static Picture decode(String name) throws IOException {
    Path file = Golden.FOLDER.resolve("images").resolve(name);
    return new PictureDecoder().decode(Files.readAllBytes(file));
  }

  @ParameterizedTest
  @MethodSource("pixelNames")
  void resizedPixelsAreThoseOfTheReference(String name) throws IOException {
    ByteBuffer expected = new Golden(Golden.FOLDER.resolve("pixels.safetensors")).tensor(name);
    int at = name.lastIndexOf('@');
    int size = Integer.parseInt(name.substring(at + 1));
    byte[] actual = Bicubic.resizeToSquare(decode(name.substring(0, at)), size);

    assertThat(actual).hasSize(expected.remaining());
    int worst = 0;
    long sum = 0;
    for (int i = 0; i < actual.length; i++) {
      int difference = Math.abs((actual[i] & 0xff) - (expected.get(i) & 0xff));
      worst = Math.max(worst, difference);
      sum += difference;
    }
    if (name.contains(".jpg")) {
      assertThat(worst).isLessThanOrEqualTo(3);
      assertThat((double) sum / actual.length).isLessThan(0.6);
    } else {
      assertThat(worst).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("inputNames")
  void inputIsThatOfTheReference(String name) throws IOException {
    ByteBuffer expected = new Golden(Golden.FOLDER.resolve("forward.safetensors")).tensor(name);
    String file = name.substring(name.indexOf('/') + 1);
    HostTensor actual = new Preprocessor(TINY).process(decode(file));

    assertThat(actual.shape()).containsExactly(3, 56, 56);
    // Three levels where decoders differ, nothing but rounding elsewhere.
    float tolerance = file.endsWith(".jpg") ? 3 / 255f / 0.26f : 1e-6f;
    float[] values = actual.toFloats();
    float worst = 0;
    for (int i = 0; i < values.length; i++) {
      worst = Math.max(worst, Math.abs(values[i] - expected.getFloat(4 * i)));
    }
    assertThat(worst).isLessThanOrEqualTo(tolerance);
  }

  @Test
  void onePictureInTwoFilesHasOneKey() throws IOException {
    Picture picture = decode("rgb.png");
    Picture same = new Picture(picture.width(), picture.height(), picture.rgb().clone());
    Preprocessing larger = Preprocessing.clip(224);
    Picture reshaped = new Picture(picture.height(), picture.width(), picture.rgb());

    String key = ContentKey.of(picture, TINY);

    assertThat(key).matches("[0-9a-f]{64}").isEqualTo(ContentKey.of(same, TINY));
    assertThat(key).isNotEqualTo(ContentKey.of(picture, larger));
    assertThat(key).isNotEqualTo(ContentKey.of(reshaped, TINY));
    assertThat(key).isNotEqualTo(ContentKey.of(decode("grey.png"), TINY));
  }
}
