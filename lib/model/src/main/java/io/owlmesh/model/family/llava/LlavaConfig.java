// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.llava;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.DType;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.family.ImageToken;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.family.NetworkSpec;
import io.owlmesh.model.family.llama.LlamaConfig;
import io.owlmesh.model.image.ImageProcessor;
import io.owlmesh.model.image.Preprocessing;
import io.owlmesh.model.image.Preprocessor;
import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.ChatTemplates;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.model.text.PromptTokens;
import io.owlmesh.model.text.Tokenizer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The dimensions of one LLaVA, all validated.
 *
 * @param template by which dialogues are laid out
 * @param imageToken id that holds the place of an image in prompts of other programs; the size of
 *     the vocabulary where there is none
 */
public record LlavaConfig(
    Tower tower,
    Projector projector,
    LlamaConfig language,
    Preprocessing preprocessing,
    String template,
    int imageToken)
    implements ModelConfig {
  static final String MODEL_TYPE = "llava";
  static final String ARCHITECTURE = "LlavaForConditionalGeneration";

  private static final Pattern LAYER =
      Pattern.compile(Pattern.quote(LlavaNames.TOWER) + "encoder\\.layers\\.(\\d{1,6})\\..*");

  /**
   * CLIP's vision transformer.
   *
   * @param width hidden size D
   * @param mlpWidth inner size of the perceptron
   * @param layers that the files hold
   * @param imageSize side of the square input, pixels
   * @param patchSize side of a patch, pixels
   * @param epsilon of every LayerNorm
   * @param states of which features are made: 0 is what the first layer reads, i what layer i gives
   * @param keepsClass whether features have the row of the class token
   */
  public record Tower(
      int width,
      int mlpWidth,
      int layers,
      int heads,
      int imageSize,
      int patchSize,
      double epsilon,
      List<Integer> states,
      boolean keepsClass) {
    public Tower {
      states = List.copyOf(states);
    }

    int patches() {
      int side = imageSize / patchSize;
      return side * side;
    }

    /** Layers up to the last state that is read. */
    int used() {
      return Collections.max(states);
    }

    private Tower withLayers(int count) {
      return new Tower(
          width,
          mlpWidth,
          count,
          heads,
          imageSize,
          patchSize,
          epsilon,
          Collections.nCopies(states.size(), count),
          keepsClass);
    }
  }

  /**
   * What makes visual tokens of features.
   *
   * @param layers 1 or 2
   * @param gelu whether an exact GELU stands between the two, and nothing otherwise
   */
  public record Projector(int layers, boolean gelu) {}

  @Override
  public String modelType() {
    return MODEL_TYPE;
  }

  @Override
  public int imageSize() {
    return tower.imageSize;
  }

  @Override
  public int featureTokens() {
    return tower.patches() + (tower.keepsClass ? 1 : 0);
  }

  @Override
  public int featureWidth() {
    return tower.width * tower.states.size();
  }

  @Override
  public int visualTokens() {
    return featureTokens();
  }

  @Override
  public NetworkSpec visionNetwork() {
    return LlavaNetworks.tower(tower);
  }

  @Override
  public NetworkSpec connectorNetwork() {
    return LlavaNetworks.projector(this);
  }

  @Override
  public NetworkSpec languageNetwork() {
    return language.network(LlavaNames.LANGUAGE);
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

  /** All texts of a prompt are one to the tokeniser, cut where images and marks stand. */
  @Override
  public PromptTokens encode(Prompt prompt, Tokenizer tokenizer) {
    return prompt.encode(
        tokenizer,
        new PromptTokens.Layout(language.bos(), language.vocabulary(), visualTokens(), true));
  }

  /** Refuses a tokeniser for which the place of an image is another token, too. */
  @Override
  public void requireEmbedded(Tokenizer tokenizer) {
    ModelConfig.super.requireEmbedded(tokenizer);
    ImageToken.require(imageToken, language.vocabulary(), tokenizer);
  }

  @Override
  public Tokenizer tokenizer(Path checkpointFolder) {
    return Tokenizer.open(checkpointFolder).withWholeRuns();
  }

  @Override
  public boolean answers(int id) {
    return id != imageToken;
  }

  @Override
  public Map<String, String> tiedTensors() {
    return language.tiedTensors(LlavaNames.LANGUAGE);
  }

  /** CLIP's last norm, and the layers behind the last state that is read. */
  @Override
  public boolean isUnused(String tensor) {
    if (tensor.startsWith(LlavaNames.TOWER + "post_layernorm.")) {
      return true;
    }
    Matcher layer = LAYER.matcher(tensor);
    if (!layer.matches()) {
      return false;
    }
    int index = Integer.parseInt(layer.group(1));
    return index >= tower.used() && index < tower.layers;
  }

  @Override
  public boolean isQuery(String tensor) {
    return false;
  }

  /** The whole connector leads into the language model. */
  @Override
  public boolean isProjection(String tensor) {
    return tensor.startsWith(LlavaNames.PROJECTOR);
  }

  @Override
  public LlavaConfig withLayers(int layers) {
    int most = Math.min(tower.used(), language.layers());
    if (layers < 1 || layers > most) {
      throw OwlException.badInput("layers", layers + " is not from 1 to " + most);
    }
    return new LlavaConfig(
        tower.withLayers(layers),
        projector,
        language.withLayers(layers),
        preprocessing,
        template,
        imageToken);
  }

  @Override
  public Map<String, ObjectNode> files(DType dtype) {
    return LlavaFiles.of(this, dtype);
  }
}
