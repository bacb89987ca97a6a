// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

/**
 * How pixels become model input: value / 255, minus mean, divided by deviation, per channel R, G,
 * B.
 *
 * @param size side of the square image, pixels
 */
public record Preprocessing(
    int size,
    float meanRed,
    float meanGreen,
    float meanBlue,
    float deviationRed,
    float deviationGreen,
    float deviationBlue) {
  private static final double[] MEAN = {0.48145466, 0.4578275, 0.40821073};
  private static final double[] DEVIATION = {0.26862954, 0.26130258, 0.27577711};

  /** CLIP's. */
  public static Preprocessing clip(int size) {
    return of(size, MEAN, DEVIATION);
  }

  /**
   * As given.
   *
   * @param mean of the three channels
   * @param deviation of the three channels
   */
  public static Preprocessing of(int size, double[] mean, double[] deviation) {
    return new Preprocessing(
        size,
        (float) mean[0],
        (float) mean[1],
        (float) mean[2],
        (float) deviation[0],
        (float) deviation[1],
        (float) deviation[2]);
  }
}
