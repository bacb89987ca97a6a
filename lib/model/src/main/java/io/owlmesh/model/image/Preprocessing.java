// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

/**
 * How pixels become model input: a square, then value / 255, minus mean, divided by deviation, per
 * channel R, G, B.
 *
 * @param fit how a picture becomes a square
 * @param size side of the square, pixels
 */
public record Preprocessing(
    Fit fit,
    int size,
    float meanRed,
    float meanGreen,
    float meanBlue,
    float deviationRed,
    float deviationGreen,
    float deviationBlue) {
  private static final double[] MEAN = {0.48145466, 0.4578275, 0.40821073};
  private static final double[] DEVIATION = {0.26862954, 0.26130258, 0.27577711};

  /** CLIP's means and deviations, for pictures that are squashed. */
  public static Preprocessing clip(int size) {
    return of(Fit.SQUASH, size, MEAN, DEVIATION);
  }

  /**
   * As given.
   *
   * @param mean of the three channels
   * @param deviation of the three channels
   */
  public static Preprocessing of(Fit fit, int size, double[] mean, double[] deviation) {
    return new Preprocessing(
        fit,
        size,
        (float) mean[0],
        (float) mean[1],
        (float) mean[2],
        (float) deviation[0],
        (float) deviation[1],
        (float) deviation[2]);
  }

  /** The same, for pictures that become a square in another way. */
  public Preprocessing with(Fit other) {
    return new Preprocessing(
        other, size, meanRed, meanGreen, meanBlue, deviationRed, deviationGreen, deviationBlue);
  }

  /** The colour of the mean, R, G, B, which what lies beside a picture has. */
  int[] fill() {
    return new int[] {(int) (255 * meanRed), (int) (255 * meanGreen), (int) (255 * meanBlue)};
  }
}
