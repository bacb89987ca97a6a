// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image.codec;

/**
 * What a picture may cost.
 *
 * @param maxBytes encoded size, bytes
 * @param maxPixels width times height, checked against the header before pixels are allocated
 * @param maxSide width or height, pixels
 */
public record PictureLimits(int maxBytes, long maxPixels, int maxSide) {
  /** 20 MiB, 50 million pixels, 20,000 pixels a side. */
  public static final PictureLimits DEFAULTS =
      new PictureLimits(20 * 1024 * 1024, 50_000_000L, 20_000);

  /**
   * @throws IllegalArgumentException if a limit is below 1, or pixels exceed what one array holds
   */
  public PictureLimits {
    // Readers hold up to four samples a pixel in one array.
    if (maxBytes < 1 || maxPixels < 1 || maxSide < 1 || maxPixels > Integer.MAX_VALUE / 4) {
      throw new IllegalArgumentException(
          "limits out of range: %d bytes, %d pixels, side %d"
              .formatted(maxBytes, maxPixels, maxSide));
    }
  }

  /** Refuses an encoded size over the limit, or none at all. */
  public void checkBytes(int bytes) {
    if (bytes == 0) {
      throw BadPicture.unreadable("is empty; " + BadPicture.ACCEPTED);
    }
    if (bytes > maxBytes) {
      throw BadPicture.tooLarge("has %d bytes, the limit is %d".formatted(bytes, maxBytes));
    }
  }

  /** Refuses the size that a header states: before anything of that size is allocated. */
  public void checkSize(long width, long height) {
    if (width < 1 || height < 1) {
      throw BadPicture.unreadable(
          "states a size of %d x %d pixels, the least is 1 x 1".formatted(width, height));
    }
    if (width > maxSide || height > maxSide) {
      throw BadPicture.tooLarge(
          "is %d x %d pixels, the limit is %d a side".formatted(width, height, maxSide));
    }
    if (width * height > maxPixels) {
      throw BadPicture.tooLarge(
          "is %d x %d pixels, the limit is %d in all".formatted(width, height, maxPixels));
    }
  }
}
