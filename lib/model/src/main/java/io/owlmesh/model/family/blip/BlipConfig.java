// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.blip;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.DType;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.family.ImageToken;
import io.owlmesh.model.family.LanguageConfig;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.family.NetworkSpec;
import io.owlmesh.model.image.ImageProcessor;
import io.owlmesh.model.image.Preprocessing;
import io.owlmesh.model.image.Preprocessor;
import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.ChatTemplates;
import io.owlmesh.model.text.Tokenizer;
import io.owlmesh.model.text.WordPiece;
import java.nio.file.Path;
import java.util.Map;

/**
 * The dimensions of a BLIP-2, MiniGPT-4 or InstructBLIP, all validated.
 *
 * @param template by which dialogues are laid out
 * @param imageToken id that holds the place of an image in prompts of other programs; the size of
 *     the vocabulary where there is none
 */
public record BlipConfig(
    String modelType,
    Tower tower,
    QFormer qformer,
    LanguageConfig language,
    Preprocessing preprocessing,
    String template,
    int imageToken)
    implements ModelConfig {
  static final String LANGUAGE = "language_model.";

  /** Layers of the released towers. */
  public static final int RELEASED_LAYERS = 39;

  /** A MiniGPT-4, which is laid out as a BLIP-2. */
  public static BlipConfig miniGpt4(
      Tower tower,
      QFormer qformer,
      LanguageConfig language,
      Preprocessing preprocessing,
      int imageToken) {
    return new BlipConfig(
        Blip2Family.MODEL_TYPE,
        tower,
        qformer,
        language,
        preprocessing,
        MiniGpt4Template.NAME,
        imageToken);
  }

  /**
   * EVA's vision transformer.
   *
   * @param width hidden size D
   * @param mlpWidth inner size of the perceptron
   * @param imageSize side of the square input, pixels
   * @param patchSize side of a patch, pixels
   * @param epsilon of every LayerNorm
   */
  public record Tower(
      int width,
      int mlpWidth,
      int layers,
      int heads,
      int imageSize,
      int patchSize,
      double epsilon) {
    /** Patches plus the class token: rows of the features. */
    int tokens() {
      int side = imageSize / patchSize;
      return side * side + 1;
    }
  }

  /**
   * The Q-Former.
   *
   * @param width hidden size
   * @param mlpWidth inner size of the perceptrons
   * @param layers of which every second one, from the first on, reads the features
   * @param epsilon of every LayerNorm
   * @param queries learned queries: visual tokens of an image
   * @param vocabulary ids of questions, where it reads them
   * @param positions of a question at most
   */
  public record QFormer(
      int width,
      int mlpWidth,
      int layers,
      int heads,
      double epsilon,
      int queries,
      int vocabulary,
      int positions) {}

  @Override
  public int imageSize() {
    return tower.imageSize;
  }

  @Override
  public int featureTokens() {
    return tower.tokens();
  }

  @Override
  public int featureWidth() {
    return tower.width;
  }

  @Override
  public int visualTokens() {
    return qformer.queries;
  }

  @Override
  public NetworkSpec visionNetwork() {
    return BlipNetworks.tower(tower);
  }

  @Override
  public NetworkSpec connectorNetwork() {
    return BlipNetworks.connector(this);
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
    return ChatTemplates.named(template)
        .orElseThrow(() -> new IllegalStateException(template + " is not on the class path"));
  }

  @Override
  public boolean readsQuestion() {
    return modelType.equals(InstructBlipFamily.MODEL_TYPE);
  }

  @Override
  public QuestionTokenizer questionTokenizer(Path checkpointFolder) {
    if (!readsQuestion()) {
      return ModelConfig.super.questionTokenizer(checkpointFolder);
    }
    WordPiece words = WordPiece.open(checkpointFolder.resolve("qformer_tokenizer"));
    if (words.size() > qformer.vocabulary) {
      throw OwlException.badCheckpoint(
          "qformer_tokenizer",
          "has %d ids; the connector embeds %d".formatted(words.size(), qformer.vocabulary));
    }
    return question -> words.sequence(question, qformer.positions);
  }

  @Override
  public Tokenizer tokenizer(Path checkpointFolder) {
    return Tokenizer.open(checkpointFolder).withWholeRuns();
  }

  /** Refuses a tokeniser for which the place of an image is another token, too. */
  @Override
  public void requireEmbedded(Tokenizer tokenizer) {
    ModelConfig.super.requireEmbedded(tokenizer);
    ImageToken.require(imageToken, language.vocabulary(), tokenizer);
  }

  @Override
  public boolean answers(int id) {
    return id != imageToken;
  }

  @Override
  public Map<String, String> tiedTensors() {
    return language.tiedTensors(LANGUAGE);
  }

  @Override
  public boolean isQuery(String tensor) {
    return tensor.equals(BlipNetworks.QUERIES);
  }

  @Override
  public boolean isProjection(String tensor) {
    return tensor.startsWith(BlipNetworks.PROJECTION);
  }

  @Override
  public BlipConfig withLayers(int layers) {
    int most = Math.min(Math.min(tower.layers, qformer.layers / 2), language.layers());
    if (layers < 1 || layers > most) {
      throw OwlException.badInput("layers", layers + " is not from 1 to " + most);
    }
    Tower t = tower;
    QFormer q = qformer;
    return new BlipConfig(
        modelType,
        new Tower(t.width, t.mlpWidth, layers, t.heads, t.imageSize, t.patchSize, t.epsilon),
        new QFormer(
            q.width,
            q.mlpWidth,
            2 * layers,
            q.heads,
            q.epsilon,
            q.queries,
            q.vocabulary,
            q.positions),
        language.withLayers(layers),
        preprocessing,
        template,
        imageToken);
  }

  @Override
  public Map<String, ObjectNode> files(DType dtype) {
    return BlipFiles.of(this, dtype);
  }
}
