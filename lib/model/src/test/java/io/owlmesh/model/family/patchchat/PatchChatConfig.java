// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.patchchat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.DType;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.family.NetworkSpec;
import io.owlmesh.model.family.NetworkSpec.NoConstants;
import io.owlmesh.model.family.WeightLayout;
import io.owlmesh.model.family.llama.LlamaConfig;
import io.owlmesh.model.image.ImageProcessor;
import io.owlmesh.model.image.Preprocessing;
import io.owlmesh.model.image.Preprocessor;
import io.owlmesh.model.text.ChatTemplate;
import java.util.List;
import java.util.Map;

/**
 * The sizes.
 *
 * @param image side of the input, pixels
 * @param patch side of a patch, pixels
 * @param width channels of a patch
 * @param layers of the vision tower
 */
public record PatchChatConfig(int image, int patch, int width, int layers, LlamaConfig language)
    implements ModelConfig {
  static final String LLAMA = "llama.";
  private static final String SCRIPTS = "/io/owlmesh/model/family/patchchat/";

  /** What the tower is told. */
  private record Constants(double epsilon) {}

  @Override
  public String modelType() {
    return "patch-chat";
  }

  @Override
  public int imageSize() {
    return image;
  }

  @Override
  public int featureTokens() {
    return image / patch * (image / patch);
  }

  @Override
  public int featureWidth() {
    return width;
  }

  @Override
  public int visualTokens() {
    return featureTokens();
  }

  @Override
  public NetworkSpec visionNetwork() {
    WeightLayout weights =
        WeightLayout.of("Vision")
            .plain("patches", "tower.patches.weight", width, 3, patch, patch)
            .layers(layers, "tower.blocks.%d.")
            .linear("fc", "fc", width, width)
            .tail()
            .norm("norm", "tower.norm", width)
            .build();
    return new NetworkSpec(
        "Vision",
        List.of(SCRIPTS + "vision.torchscript"),
        weights,
        new Constants(1e-5),
        List.of("tower."));
  }

  @Override
  public NetworkSpec connectorNetwork() {
    WeightLayout weights =
        WeightLayout.of("Connector")
            .tail()
            .linear("projector", "projector", language.width(), width)
            .build();
    return new NetworkSpec(
        "Connector",
        List.of(SCRIPTS + "projector.torchscript"),
        weights,
        new NoConstants(),
        List.of("projector."));
  }

  @Override
  public NetworkSpec languageNetwork() {
    return language.network(LLAMA, "llama.output.weight", List.of(LLAMA));
  }

  @Override
  public ImageProcessor imageProcessor() {
    return new Preprocessor(Preprocessing.clip(image));
  }

  @Override
  public ChatTemplate chatTemplate() {
    return new PatchChatTemplate();
  }

  @Override
  public Map<String, String> tiedTensors() {
    return Map.of();
  }

  @Override
  public boolean isQuery(String tensor) {
    return false;
  }

  @Override
  public boolean isProjection(String tensor) {
    return tensor.startsWith("projector.");
  }

  @Override
  public ModelConfig withLayers(int count) {
    return new PatchChatConfig(image, patch, width, count, language.withLayers(count));
  }

  @Override
  public Map<String, ObjectNode> files(DType dtype) {
    ObjectNode root = JsonNodeFactory.instance.objectNode().put("model_type", modelType());
    root.putObject("vision")
        .put("image", image)
        .put("patch", patch)
        .put("width", width)
        .put("layers", layers);
    language.write(root.putObject("text_config"));
    return Map.of("config.json", root);
  }
}
