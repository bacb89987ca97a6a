// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.mplugowl;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.DType;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.family.LanguageConfig;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.family.NetworkSpec;
import io.owlmesh.model.image.ImageProcessor;
import io.owlmesh.model.image.Preprocessing;
import io.owlmesh.model.image.Preprocessor;
import io.owlmesh.model.text.ChatTemplate;
import java.util.Map;

/**
 * The dimensions of one mPLUG-Owl, all validated. Widths of the perceptrons are those of the
 * tensors, not of config.json, because released configurations disagree with released weights.
 *
 * @param queries learned queries of the abstractor; an image becomes {@code queries + 1} visual
 *     tokens
 */
public record MplugOwlConfig(
    Vision vision,
    Abstractor abstractor,
    LanguageConfig language,
    Preprocessing preprocessing,
    int queries)
    implements ModelConfig {
  static final String MODEL_TYPE = "mplug-owl";

  static final String ARCHITECTURE = "MplugOwlForConditionalGeneration";

  static final String LANGUAGE = "language_model.";
  private static final String QUERIES = "query_tokens";
  private static final String PROJECTION = "abstractor.visual_fc.";

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

    private Vision withLayers(int count) {
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
    private Abstractor withLayers(int count) {
      return new Abstractor(width, mlpWidth, count, heads, epsilon);
    }
  }

  @Override
  public String modelType() {
    return MODEL_TYPE;
  }

  @Override
  public int imageSize() {
    return vision.imageSize;
  }

  @Override
  public int featureTokens() {
    return vision.tokens();
  }

  @Override
  public int featureWidth() {
    return vision.width;
  }

  /** The queries and the end-of-image token. */
  @Override
  public int visualTokens() {
    return queries + 1;
  }

  @Override
  public NetworkSpec visionNetwork() {
    return MplugOwlNetworks.vision(vision);
  }

  @Override
  public NetworkSpec connectorNetwork() {
    return MplugOwlNetworks.abstractor(this);
  }

  @Override
  public NetworkSpec languageNetwork() {
    return language.network(LANGUAGE);
  }

  @Override
  public ImageProcessor imageProcessor() {
    return new Preprocessor(preprocessing);
  }

  @Override
  public ChatTemplate chatTemplate() {
    return MplugOwlTemplate.INSTANCE;
  }

  @Override
  public Map<String, String> tiedTensors() {
    return language.tiedTensors(LANGUAGE);
  }

  @Override
  public boolean isQuery(String tensor) {
    return tensor.equals(QUERIES);
  }

  @Override
  public boolean isProjection(String tensor) {
    return tensor.startsWith(PROJECTION);
  }

  @Override
  public MplugOwlConfig withLayers(int layers) {
    int most = Math.min(vision.layers, Math.min(abstractor.layers, language.layers()));
    if (layers < 1 || layers > most) {
      throw OwlException.badInput("layers", layers + ", allowed are 1 to " + most);
    }
    return new MplugOwlConfig(
        vision.withLayers(layers),
        abstractor.withLayers(layers),
        language.withLayers(layers),
        preprocessing,
        queries);
  }

  /** The same with a linear projection of every feature in the place of the abstractor. */
  public MplugOwlConfig withLinearConnector() {
    return new MplugOwlConfig(
        vision, abstractor.withLayers(0), language, preprocessing, vision.tokens());
  }

  @Override
  public Map<String, ObjectNode> files(DType dtype) {
    return MplugOwlFiles.of(this, dtype);
  }
}
