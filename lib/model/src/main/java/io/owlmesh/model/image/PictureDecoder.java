// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.image.codec.BadPicture;
import io.owlmesh.model.image.codec.BmpReader;
import io.owlmesh.model.image.codec.GifReader;
import io.owlmesh.model.image.codec.JpegReader;
import io.owlmesh.model.image.codec.Picture;
import io.owlmesh.model.image.codec.PictureFormat;
import io.owlmesh.model.image.codec.PictureLimits;
import io.owlmesh.model.image.codec.PngReader;
import io.owlmesh.model.image.codec.SizeCheck;
import io.owlmesh.model.image.codec.WebPReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/**
 * Decodes JPEG, PNG, GIF (first frame), BMP and WebP (first frame) as the reference does: colour
 * profiles and gamma are not applied, grey is replicated, and the orientation that EXIF states is
 * honoured. The format is told by content. Safe for use by several threads.
 *
 * <p>Alpha is dropped and composited with nothing, as Pillow's {@code convert("RGB")} does: a
 * transparent pixel has the colour that is stored for it, whether its transparency comes from an
 * alpha channel, a palette, a colour named transparent, or a plane of its own.
 */
public final class PictureDecoder {
  private final PictureLimits limits;
  // Pixels that may be in memory, of all pictures together: as many as those of the largest one.
  private final Semaphore room;

  /** A decoder with {@link PictureLimits#DEFAULTS}. */
  public PictureDecoder() {
    this(PictureLimits.DEFAULTS);
  }

  /**
   * @param limits what is refused
   */
  public PictureDecoder(PictureLimits limits) {
    this.limits = limits;
    this.room = new Semaphore(Math.toIntExact(limits.maxPixels()), true);
  }

  /**
   * Decodes one file, and keeps room for its pixels until they are used: however many threads
   * decode, they hold no more pixels together than {@link PictureLimits#maxPixels}, and wait for
   * each other instead.
   *
   * @param encoded a whole file, from position to limit; the buffer is left as it is
   * @param use what is made of the picture, which it must not keep
   * @throws OwlException as {@link #decode}
   */
  public <T> T decode(ByteBuffer encoded, Function<Picture, T> use) {
    limits.checkBytes(encoded.remaining());
    byte[] bytes = new byte[encoded.remaining()];
    encoded.duplicate().get(bytes);
    Reservation reservation = new Reservation();
    try {
      return use.apply(read(bytes, reservation));
    } finally {
      reservation.release();
    }
  }

  /** Room for one picture, taken when its header is read and none of its pixels are. */
  private final class Reservation implements SizeCheck {
    private int pixels;

    @Override
    public void check(long width, long height) {
      limits.checkSize(width, height);
      int wanted = Math.toIntExact(width * height);
      if (wanted > pixels) {
        // A frame that widens its screen. Whoever waited with room in hand could wait for ever.
        release();
        room.acquireUninterruptibly(wanted);
        pixels = wanted;
      }
    }

    void release() {
      room.release(pixels);
      pixels = 0;
    }
  }

  /**
   * Decodes one file.
   *
   * @param encoded a whole file
   * @throws OwlException with {@link Fault#BAD_INPUT} on field {@code image} if the file is empty,
   *     over a limit, of another format, truncated or corrupt; with {@link Fault#SATURATED} if
   *     memory does not suffice now
   */
  public Picture decode(byte[] encoded) {
    limits.checkBytes(encoded.length);
    return read(encoded, limits::checkSize);
  }

  static Picture read(byte[] encoded, SizeCheck sizes) {
    PictureFormat format = PictureFormat.of(encoded);
    try {
      return switch (format) {
        case JPEG -> JpegReader.read(encoded, sizes);
        case PNG -> new PngReader(encoded, sizes).read();
        case GIF -> new GifReader(encoded, sizes).read();
        case BMP -> new BmpReader(encoded, sizes).read();
        case WEBP -> WebPReader.read(encoded, sizes);
      };
    } catch (OwlException e) {
      throw e;
    } catch (IOException | RuntimeException | StackOverflowError e) {
      // Damaged files make decoders fail in any way they like: an index out of bounds, an
      // underflow.
      throw BadPicture.corrupt(format.label(), e);
    } catch (OutOfMemoryError e) {
      // What one picture may take is bounded by the limits, so there is no room because of others.
      throw new OwlException(
          Fault.SATURATED, BadPicture.FIELD, "there is no memory to decode it now", e);
    }
  }
}
