// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image.codec;

import com.luciad.imageio.webp.WebPImageReaderSpi;
import io.owlmesh.core.OwlException;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferInt;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.jspecify.annotations.Nullable;

/**
 * WebP (RFC 9649), lossy and lossless; of an animation the first frame on a black canvas. libwebp
 * decodes, so that chroma is smoothed as everywhere else; it gets the bitstream alone, and sees
 * neither profile nor alpha plane.
 */
public final class WebPReader {
  private static final String FORMAT = "WebP";
  private static final WebPImageReaderSpi SPI = new WebPImageReaderSpi();
  // One pixel, lossless.
  private static final String SMALLEST =
      "524946461a000000574542505650384c0d0000002f00000010071011118888fe0700";
  private static final Optional<Throwable> MISSING = load();
  private static final int HEADER = 12;
  private static final int CHUNK_HEADER = 8;
  private static final int FRAME_HEADER = 16;

  /** A picture and where it lies on its canvas, pixels. */
  private record Frame(int offset, int length, int left, int top) {}

  private final byte[] file;
  private final ByteBuffer in;
  private final SizeCheck sizes;
  private int orientation = Exif.UPRIGHT;
  private @Nullable Frame frame;
  private boolean animated;
  private int canvasWidth; // 0 of a file that states no canvas.
  private int canvasHeight;

  private WebPReader(byte[] file, SizeCheck sizes) {
    this.file = file;
    this.in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    this.sizes = sizes;
  }

  /**
   * Decodes a file.
   *
   * @throws OwlException BAD_INPUT if it is damaged, over a limit, or libwebp could not be loaded
   */
  public static Picture read(byte[] file, SizeCheck sizes) throws IOException {
    if (MISSING.isPresent()) {
      throw BadPicture.unsupported("is a WebP file, but libwebp could not be loaded here");
    }
    return new WebPReader(file, sizes).read();
  }

  /** Why libwebp, which is unpacked to a temporary folder, cannot be used; nothing if it can. */
  public static Optional<Throwable> missing() {
    return MISSING;
  }

  private static Optional<Throwable> load() {
    byte[] smallest = HexFormat.of().parseHex(SMALLEST);
    try {
      var _ = new WebPReader(smallest, (_, _) -> {}).read();
      return Optional.empty();
    } catch (IOException | RuntimeException | LinkageError e) {
      return Optional.of(e);
    }
  }

  private Picture read() throws IOException {
    long end = CHUNK_HEADER + Integer.toUnsignedLong(in.getInt(4));
    if (end > file.length) {
      throw BadPicture.corrupt(FORMAT);
    }
    readChunks(HEADER, (int) end, 0, 0);
    Frame found = frame;
    if (found == null) {
      throw BadPicture.corrupt(FORMAT);
    }
    Picture picture = decode(found);
    return Exif.upright(animated ? onCanvas(picture, found) : picture, orientation);
  }

  private void readChunks(int from, int end, int left, int top) {
    int at = from;
    while (at + CHUNK_HEADER <= end) {
      int length = in.getInt(at + 4);
      int body = at + CHUNK_HEADER;
      if (length < 0 || length > end - body) {
        throw BadPicture.corrupt(FORMAT);
      }
      if (is(at, "VP8X")) {
        canvasWidth = 1 + unsigned24(body + 4);
        canvasHeight = 1 + unsigned24(body + 7);
        sizes.check(canvasWidth, canvasHeight);
      } else if (is(at, "EXIF")) {
        orientation = Exif.orientation(file, body, length);
      } else if (frame == null && (is(at, "VP8 ") || is(at, "VP8L"))) {
        frame = new Frame(at, CHUNK_HEADER + length, left, top);
      } else if (frame == null && from == HEADER && is(at, "ANMF")) {
        animated = true;
        int frameLeft = 2 * unsigned24(body);
        int frameTop = 2 * unsigned24(body + 3);
        readChunks(body + FRAME_HEADER, body + length, frameLeft, frameTop);
      }
      // Chunks start at even offsets.
      at = body + length + (length & 1);
    }
  }

  private boolean is(int at, String type) {
    return PictureFormat.has(file, at, type);
  }

  private int unsigned24(int at) {
    return (in.getShort(at) & 0xffff) | (in.get(at + 2) & 0xff) << 16;
  }

  private Picture decode(Frame found) throws IOException {
    int body = found.offset() + CHUNK_HEADER;
    int width;
    int height;
    if (is(found.offset(), "VP8L")) {
      int bits = in.getInt(body + 1);
      width = 1 + (bits & 0x3fff);
      height = 1 + ((bits >> 14) & 0x3fff);
    } else {
      width = in.getShort(body + 6) & 0x3fff;
      height = in.getShort(body + 8) & 0x3fff;
    }
    sizes.check(width, height);
    if ((canvasWidth > 0 || animated) && !fits(found, width, height)) {
      throw BadPicture.corrupt(FORMAT);
    }
    ImageReader reader = SPI.createReaderInstance(null);
    try (ImageInputStream stream = streamOf(found)) {
      reader.setInput(stream, true, true);
      BufferedImage image = reader.read(0);
      if (image.getWidth() != width || image.getHeight() != height) {
        throw BadPicture.corrupt(FORMAT);
      }
      return new Picture(width, height, rgb(image));
    } finally {
      reader.dispose();
    }
  }

  /** The bitstream as a file of its own. */
  private ImageInputStream streamOf(Frame found) {
    int chunk = found.length() + (found.length() & 1);
    ByteBuffer out = ByteBuffer.allocate(HEADER + chunk).order(ByteOrder.LITTLE_ENDIAN);
    out.put("RIFF".getBytes(StandardCharsets.US_ASCII));
    out.putInt(4 + chunk);
    out.put("WEBP".getBytes(StandardCharsets.US_ASCII));
    out.put(file, found.offset(), found.length());
    return new MemoryCacheImageInputStream(new ByteArrayInputStream(out.array()));
  }

  /** Colours as they are stored: where a pixel is transparent, too. */
  private static byte[] rgb(BufferedImage image) {
    int[] pixels = ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
    byte[] rgb = new byte[3 * pixels.length];
    int out = 0;
    for (int pixel : pixels) {
      rgb[out] = (byte) (pixel >> 16);
      rgb[out + 1] = (byte) (pixel >> 8);
      rgb[out + 2] = (byte) pixel;
      out += 3;
    }
    return rgb;
  }

  /** Whether a frame lies within its canvas, and a still fills it. */
  private boolean fits(Frame found, int width, int height) {
    return animated
        ? found.left() + width <= canvasWidth && found.top() + height <= canvasHeight
        : width == canvasWidth && height == canvasHeight;
  }

  private Picture onCanvas(Picture picture, Frame found) {
    byte[] canvas = new byte[3 * canvasWidth * canvasHeight];
    int rowBytes = 3 * picture.width();
    for (int y = 0; y < picture.height(); y++) {
      int to = 3 * ((found.top() + y) * canvasWidth + found.left());
      System.arraycopy(picture.rgb(), y * rowBytes, canvas, to, rowBytes);
    }
    return new Picture(canvasWidth, canvasHeight, canvas);
  }
}
