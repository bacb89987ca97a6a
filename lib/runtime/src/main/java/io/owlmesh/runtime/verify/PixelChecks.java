// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.verify;

import io.owlmesh.core.HostTensor;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.image.Fit;
import io.owlmesh.model.image.ImageProcessor;
import io.owlmesh.model.image.PictureDecoder;
import io.owlmesh.model.image.Preprocessing;
import io.owlmesh.model.image.Preprocessor;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.function.Consumer;

/** Decoding and resizing, then normalising. */
final class PixelChecks {
  private static final double JPEG_MEAN = 0.6;

  private final GoldenFolder golden;
  private final Consumer<Row> out;

  PixelChecks(GoldenFolder golden, Consumer<Row> out) {
    this.golden = golden;
    this.out = out;
  }

  /** Every picture at every size, and with a frame where the folder has such. */
  void squares(ModelConfig config) {
    ImageProcessor processor = config.imageProcessor();
    golden.pixels().forEach((name, expected) -> squares("pixels", name, expected, processor));
    ImageProcessor padding = new Preprocessor(Preprocessing.clip(config.imageSize()).with(Fit.PAD));
    golden
        .paddedPixels()
        .forEach((name, expected) -> squares("padded pixels", name, expected, padding));
  }

  private void squares(String check, String name, HostTensor expected, ImageProcessor processor) {
    int at = name.lastIndexOf('@');
    byte[] image = golden.image(name.substring(0, at));
    int size = Integer.parseInt(name.substring(at + 1));
    byte[] actual = processor.square(new PictureDecoder().decode(image), size);
    ByteBuffer wanted = expected.bytes();
    int worst = 0;
    long sum = 0;
    for (byte level : actual) {
      int difference = Math.abs((level & 0xff) - (wanted.get() & 0xff));
      worst = Math.max(worst, difference);
      sum += difference;
    }
    // Decoders of JPEG differ: the standard leaves rounding open.
    boolean jpeg = image.length > 2 && image[0] == (byte) 0xff && image[1] == (byte) 0xd8;
    double mean = (double) sum / actual.length;
    boolean passed = jpeg ? worst <= 3 && mean < JPEG_MEAN : worst <= 1;
    String found = String.format(Locale.ROOT, "%d, mean %.2f", worst, mean);
    out.accept(
        new Row(check, name, actual.length, found, jpeg ? "3, mean 0.60" : "1 level", passed));
  }

  /** From the reference's resized pixels to the input of the vision encoder, exact but rounding. */
  void normalised(ModelConfig config) {
    String prefix = "pixel_values/";
    int size = config.imageProcessor().size();
    var pixels = golden.pixels();
    golden
        .forward()
        .forEach((name, expected) -> {
          HostTensor levels = pixels.get(name.replace(prefix, "") + "@" + size);
          if (name.startsWith(prefix) && levels != null) {
            normalised(name.substring(prefix.length()), levels, expected, config);
          }
        });
  }

  private void normalised(String name, HostTensor levels, HostTensor expected, ModelConfig config) {
    byte[] rgb = new byte[levels.bytes().remaining()];
    levels.bytes().get(rgb);
    float[] actual = config.imageProcessor().normalise(rgb).toFloats();
    float[] wanted = expected.toFloats();
    double worst = 0;
    for (int i = 0; i < wanted.length; i++) {
      worst = Math.max(worst, Math.abs(actual[i] - wanted[i]));
    }
    String found = String.format(Locale.ROOT, "%.1e", worst);
    out.accept(new Row("normalised pixels", name, wanted.length, found, "1e-6", worst <= 1e-6));
  }
}
