// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

import io.owlmesh.model.Fault;
import io.owlmesh.model.OwlException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Decodes JPEG, PNG, GIF (first frame), BMP and WebP (first frame) as the reference does: colour
 * profiles and gamma are not applied, alpha is dropped without compositing, grey is replicated, and
 * the orientation that EXIF states is honoured. The format is told by content. Safe for use by
 * several threads.
 */
public final class PictureDecoder {
  private final PictureLimits limits;

  /** A decoder with {@link PictureLimits#DEFAULTS}. */
  public PictureDecoder() {
    this(PictureLimits.DEFAULTS);
  }

  /**
   * @param limits what is refused
   */
  public PictureDecoder(PictureLimits limits) {
    this.limits = limits;
  }

  /**
   * As {@link #decode(byte[])}, of the bytes from position to limit; the buffer is left as it is.
   */
  public Picture decode(ByteBuffer encoded) {
    limits.checkBytes(encoded.remaining());
    byte[] bytes = new byte[encoded.remaining()];
    encoded.duplicate().get(bytes);
    return decode(bytes);
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
    PictureFormat format = PictureFormat.of(encoded);
    try {
      return switch (format) {
        case JPEG -> JpegReader.read(encoded, limits);
        case PNG -> new PngReader(encoded, limits).read();
        case GIF -> new GifReader(encoded, limits).read();
        case BMP -> new BmpReader(encoded, limits).read();
        case WEBP -> WebPReader.read(encoded, limits);
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
