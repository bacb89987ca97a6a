// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image.codec;

/** A decoded picture, upright, in RGB. Immutable by contract. */
public final class Picture {
  private final int width;
  private final int height;
  private final byte[] rgb;

  /**
   * @param width pixels, at least 1
   * @param height pixels, at least 1
   * @param rgb [height, width, 3] unsigned, rows from the top; not copied, so not to be changed
   * @throws IllegalArgumentException if the sizes and the length disagree
   */
  public Picture(int width, int height, byte[] rgb) {
    if (width < 1 || height < 1 || 3L * width * height != rgb.length) {
      throw new IllegalArgumentException(
          "%d bytes for %d x %d pixels".formatted(rgb.length, width, height));
    }
    this.width = width;
    this.height = height;
    this.rgb = rgb;
  }

  /** Pixels in a row. */
  public int width() {
    return width;
  }

  /** Rows. */
  public int height() {
    return height;
  }

  /** The samples, [height, width, 3]: the array itself, which is not to be changed. */
  public byte[] rgb() {
    return rgb;
  }

  @Override
  public String toString() {
    return width + " x " + height + " RGB";
  }
}
