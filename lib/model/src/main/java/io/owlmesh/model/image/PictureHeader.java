// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.image.codec.PictureFormat;
import io.owlmesh.model.image.codec.PictureLimits;
import io.owlmesh.model.image.codec.SizeCheck;

/**
 * What a picture file says of itself before its pixels.
 *
 * @param mediaType of its content, whatever its name: {@code image/jpeg}, {@code image/png}, {@code
 *     image/gif}, {@code image/bmp} or {@code image/webp}
 * @param width pixels across, as stored: before a rotation that the file asks for
 * @param height pixels down, as stored
 */
public record PictureHeader(String mediaType, int width, int height) {
  /**
   * Reads a header; no pixel is decoded.
   *
   * @throws OwlException BAD_INPUT on field {@code image} if the file is empty, over a limit, of
   *     another format, or ends or is corrupt before it states its size
   */
  public static PictureHeader of(byte[] file, PictureLimits limits) {
    limits.checkBytes(file.length);
    Stated stated = new Stated(limits);
    try {
      PictureDecoder.read(file, stated);
    } catch (OwlException e) {
      if (e != stated.enough) {
        throw e;
      }
    }
    return new PictureHeader(PictureFormat.of(file).mediaType(), stated.width, stated.height);
  }

  /** Stops the decoder as soon as it knows the size. */
  private static final class Stated implements SizeCheck {
    private final OwlException enough = new OwlException(Fault.CANCELLED, "", "the size is known");
    private final PictureLimits limits;
    private int width;
    private int height;

    Stated(PictureLimits limits) {
      this.limits = limits;
    }

    @Override
    public void check(long statedWidth, long statedHeight) {
      limits.checkSize(statedWidth, statedHeight);
      width = Math.toIntExact(statedWidth);
      height = Math.toIntExact(statedHeight);
      throw enough;
    }
  }
}
