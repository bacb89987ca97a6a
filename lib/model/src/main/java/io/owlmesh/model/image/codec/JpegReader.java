// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image.codec;

import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.Locale;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** JPEG through the decoder of the JDK, and the conversion to RGB that libjpeg and Pillow do. */
public final class JpegReader {
  private static final String PROVIDER = "com.sun.imageio.plugins.jpeg.JPEGImageReaderSpi";
  private static final ImageReaderSpi SPI = provider();

  private JpegReader() {}

  private static ImageReaderSpi provider() {
    Iterator<ImageReaderSpi> readers =
        IIORegistry.getDefaultInstance()
            .getServiceProviders(
                ImageReaderSpi.class, p -> p.getClass().getName().equals(PROVIDER), false);
    return readers.next();
  }

  public static Picture read(byte[] bytes, SizeCheck sizes) throws IOException {
    JpegFile file = new JpegFile(bytes, sizes);
    Raster raster = decode(file.plain());
    int count = file.components().length;
    byte[] samples = ((DataBufferByte) raster.getDataBuffer()).getData();
    int pixels = file.width() * file.height();
    if (raster.getNumBands() != count || samples.length != count * pixels) {
      throw BadPicture.corrupt(JpegFile.FORMAT);
    }
    byte[] rgb =
        switch (count) {
          case 1 -> JpegColour.ofGrey(samples);
          case 3 -> samples;
          default -> JpegColour.ofCmyk(samples, file.adobeTransform() > 0);
        };
    if (count == 3 && isYcc(file)) {
      JpegColour.toRgb(rgb, 3);
    }
    return Exif.upright(new Picture(file.width(), file.height(), rgb), file.orientation());
  }

  /**
   * The guess of libjpeg: JFIF is always YCbCr, Adobe says, and else identifiers R, G, B are RGB.
   */
  private static boolean isYcc(JpegFile file) {
    if (file.jfif()) {
      return true;
    }
    if (file.adobeTransform() != JpegFile.NO_ADOBE) {
      return file.adobeTransform() != 0;
    }
    byte[] ids = file.components();
    return !(ids[0] == 'R' && ids[1] == 'G' && ids[2] == 'B');
  }

  private static Raster decode(byte[] plain) throws IOException {
    ImageReader reader = SPI.createReaderInstance();
    boolean[] damaged = new boolean[1];
    reader.addIIOReadWarningListener((source, warning) -> damaged[0] |= isDamage(warning));
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(plain))) {
      reader.setInput(in, true, true);
      Raster raster = reader.readRaster(0, null);
      if (damaged[0]) {
        throw BadPicture.corrupt(JpegFile.FORMAT);
      }
      return raster;
    } finally {
      reader.dispose();
    }
  }

  /**
   * Whether samples are missing or wrong. With all application segments gone, what is left to warn
   * of is the coded data; bytes too many and odd scan parameters, which cameras write, do no harm.
   */
  private static boolean isDamage(String warning) {
    String text = warning.toLowerCase(Locale.ROOT);
    return !text.contains("extraneous") && !text.contains("sos parameters");
  }
}
