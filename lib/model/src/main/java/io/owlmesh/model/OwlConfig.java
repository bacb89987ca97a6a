// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model;

/**
 * The dimensions of one mPLUG-Owl, all validated. Widths of the perceptrons are those of the
 * tensors, not of config.json, because released configurations disagree with released weights.
 *
 * @param queries learned queries of the abstractor; an image becomes {@code queries + 1} visual
 *     tokens
 */
public record OwlConfig(
    Vision vision,
    Abstractor abstractor,
    Language language,
    Preprocessing preprocessing,
    int queries) {

  /** Visual tokens of one image: the queries and the end-of-image token. */
  public int visualTokens() {
    return queries + 1;
  }

  /**
   * The vision encoder (a ViT).
   *
   * @param width hidden size D
   * @param mlpWidth inner size of the perceptron
   * @param imageSize side of the square input, pixels
   * @param patchSize side of a patch, pixels
   * @param epsilon of every LayerNorm
   */
  public record Vision(
      int width,
      int mlpWidth,
      int layers,
      int heads,
      int imageSize,
      int patchSize,
      double epsilon) {
    /** Patches plus the class token: rows of the features. */
    public int tokens() {
      int side = imageSize / patchSize;
      return side * side + 1;
    }

    /** The same encoder, deeper or shallower. */
    public Vision withLayers(int count) {
      return new Vision(width, mlpWidth, count, heads, imageSize, patchSize, epsilon);
    }
  }

  /**
   * The visual abstractor.
   *
   * @param layers 0 for a connector that resamples nothing: a linear projection of every feature,
   *     with as many queries, unused, as there are features
   * @param epsilon of ffn_ln alone; the other norms use 1e-5
   */
  public record Abstractor(int width, int mlpWidth, int layers, int heads, double epsilon) {
    /** The same abstractor, deeper or shallower. */
    public Abstractor withLayers(int count) {
      return new Abstractor(width, mlpWidth, count, heads, epsilon);
    }
  }

  /**
   * The LLaMA.
   *
   * @param width hidden size H
   * @param keyValueHeads heads of keys and values; fewer than {@code heads} for grouped queries
   * @param headSize channels of one head
   * @param context positions that the model was trained for, tokens
   */
  public record Language(
      int vocabulary,
      int width,
      int mlpWidth,
      int layers,
      int heads,
      int keyValueHeads,
      int headSize,
      double epsilon,
      double ropeTheta,
      int context,
      int bos,
      int eos) {
    /** The same language model, deeper or shallower. */
    public Language withLayers(int count) {
      return new Language(
          vocabulary,
          width,
          mlpWidth,
          count,
          heads,
          keyValueHeads,
          headSize,
          epsilon,
          ropeTheta,
          context,
          bos,
          eos);
    }
  }

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
      float deviationBlue) {}
}
