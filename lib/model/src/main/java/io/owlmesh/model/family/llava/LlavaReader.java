// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.llava;

import com.fasterxml.jackson.databind.JsonNode;
import io.owlmesh.model.family.CheckpointFiles;
import io.owlmesh.model.family.ImageToken;
import io.owlmesh.model.family.PreprocessorReader;
import io.owlmesh.model.family.llama.LlamaConfig;
import io.owlmesh.model.image.Fit;
import io.owlmesh.model.json.ConfigReader;
import io.owlmesh.model.text.ChatTemplates;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Reads the configuration of a LLaVA: transformers' with an object for each part, or the authors',
 * whose keys are flat and of whose tower a folder of its own tells. Where a file has the keys of
 * both, the names of the tensors decide. Absent keys are as in transformers' classes.
 */
final class LlavaReader {
  private static final int MAX_WIDTH = 1 << 16;
  private static final int MAX_LAYERS = 1024;
  private static final int MAX_IMAGE = 4096;
  private static final int MAX_STATES = 16;
  private static final double MAX_EPSILON = 0.1;
  private static final int CLIP_HEAD = 64;

  private final CheckpointFiles files;
  private final ConfigReader root;
  private final boolean authors;

  LlavaReader(CheckpointFiles files) {
    this.files = files;
    this.root = files.config();
    Set<String> namings = files.namings();
    this.authors =
        namings.isEmpty() ? !root.isPresent("vision_config") : namings.contains(LlavaNames.AUTHORS);
  }

  LlavaConfig read() {
    LlamaConfig language =
        authors
            ? LlamaConfig.readFlat(root, files, LlavaNames.LLAMA)
            : LlamaConfig.read(root.child("text_config"), files, LlavaNames.LLAMA);
    LlavaConfig.Tower tower = tower();
    int channels = tower.width() * tower.states().size();
    int announced = root.count("mm_hidden_size", channels, MAX_WIDTH);
    boolean there =
        files.tensors().keySet().stream().anyMatch(name -> name.startsWith(LlavaNames.TOWER));
    root.require(
        there || !authors || root.isPresent("mm_vision_tower"),
        "mm_vision_tower is missing, and the weights hold no vision tower");
    root.require(
        !there || !authors || announced == channels,
        "mm_hidden_size is %d, but the vision tower gives %d channels"
            .formatted(announced, channels));
    return new LlavaConfig(
        tower,
        projector(),
        language,
        PreprocessorReader.read(files.preprocessor(), fit(), tower.imageSize()),
        template(),
        authors
            ? language.vocabulary()
            : ImageToken.read(
                root, Math.min(32_000, language.vocabulary() - 1), language.vocabulary()));
  }

  private LlavaConfig.Tower tower() {
    ConfigReader f = root.child("vision_config");
    ConfigReader own = files.tower();
    if (own.isPresent("model_type") || own.isPresent("hidden_size")) {
      f = own.isPresent("vision_config") ? own.child("vision_config") : own;
    }
    String type = f.text("model_type").orElse("clip_vision_model");
    f.require(
        type.equals("clip_vision_model") || type.equals("clip"),
        "model_type is '" + type + "'; only 'clip_vision_model' is served");
    String activation = f.text("hidden_act").orElse("quick_gelu");
    f.require(
        activation.equals("quick_gelu"), "hidden_act '" + activation + "' is not 'quick_gelu'");
    boolean told = f.isPresent("hidden_size");
    String embeddings = LlavaNames.TOWER + "embeddings.";
    int width =
        f.count(
            "hidden_size",
            files.size(embeddings + "class_embedding", 0, 768, MAX_WIDTH),
            MAX_WIDTH);
    int heads = f.count("num_attention_heads", told ? 12 : Math.max(1, width / CLIP_HEAD), 4096);
    int patch =
        f.count(
            "patch_size",
            files.size(embeddings + "patch_embedding.weight", 2, 32, MAX_IMAGE),
            MAX_IMAGE);
    int image = f.count("image_size", imageSize(embeddings, patch), MAX_IMAGE);
    f.require(width % heads == 0, "%d heads do not divide width %d".formatted(heads, width));
    f.require(image % patch == 0, "patches of %d do not tile %d pixels".formatted(patch, image));
    int colours = f.count("num_channels", 3, MAX_WIDTH);
    f.require(colours == 3, "num_channels is " + colours + "; only 3 is served");
    int layers = f.count("num_hidden_layers", told ? 12 : layers(), MAX_LAYERS);
    int mlpWidth =
        files.size(LlavaNames.TOWER + "encoder.layers.0.mlp.fc1.weight", 0, 3072, MAX_WIDTH);
    return new LlavaConfig.Tower(
        width,
        f.count("intermediate_size", mlpWidth, MAX_WIDTH),
        layers,
        heads,
        image,
        patch,
        f.positive("layer_norm_eps", 1e-5, MAX_EPSILON),
        states(layers),
        keepsClass());
  }

  private int imageSize(String embeddings, int patch) {
    int positions = files.size(embeddings + "position_embedding.weight", 0, 50, 1 << 24);
    return Math.clamp(Math.round(Math.sqrt(positions - 1.0)) * patch, 1, MAX_IMAGE);
  }

  /** Layers of which there are tensors. */
  private int layers() {
    int count = 0;
    while (count < MAX_LAYERS
        && files
            .tensors()
            .containsKey(LlavaNames.TOWER + "encoder.layers." + count + ".mlp.fc1.weight")) {
      count++;
    }
    return Math.max(1, count);
  }

  /** One layer or a list of them; negative ones count from the end. */
  private List<Integer> states(int layers) {
    String key = authors ? "mm_vision_select_layer" : "vision_feature_layer";
    if (!root.isPresent(key)) {
      return List.of(layers - 1);
    }
    JsonNode value = root.raw(key);
    List<Integer> states = new ArrayList<>();
    for (JsonNode layer : value.isArray() ? value : List.of(value)) {
      boolean whole = layer.isIntegralNumber() && layer.canConvertToInt();
      int index = whole ? layer.asInt() : Integer.MAX_VALUE;
      if (index > layers || index < -layers - 1) {
        root.problem(
            key, "%s; expected layers from %d to %d".formatted(value, -layers - 1, layers));
        return List.of(layers - 1);
      }
      states.add(index < 0 ? layers + 1 + index : index);
    }
    if (states.isEmpty() || states.size() > MAX_STATES) {
      root.problem(key, value + "; expected 1 to " + MAX_STATES + " layers");
      return List.of(layers - 1);
    }
    return states;
  }

  private boolean keepsClass() {
    String key = authors ? "mm_vision_select_feature" : "vision_feature_select_strategy";
    String without = authors ? "patch" : "default";
    String with = authors ? "cls_patch" : "full";
    String value = root.text(key).orElse(without);
    if (!value.equals(with) && !value.equals(without)) {
      root.problem(key, "'%s'; expected '%s' or '%s'".formatted(value, without, with));
    }
    return value.equals(with);
  }

  private LlavaConfig.Projector projector() {
    boolean first = files.tensors().containsKey(LlavaNames.PROJECTOR + "linear_1.weight");
    boolean second = files.tensors().containsKey(LlavaNames.PROJECTOR + "linear_2.weight");
    if (authors) {
      String type = root.text("mm_projector_type").orElse("linear");
      root.require(
          type.equals("linear") || type.equals("mlp2x_gelu"),
          "mm_projector_type '" + type + "' is neither 'linear' nor 'mlp2x_gelu'");
      return new LlavaConfig.Projector(type.equals("linear") ? 1 : 2, true);
    }
    String activation = root.text("projector_hidden_act").orElse("gelu");
    root.require(
        activation.equals("gelu") || activation.equals("linear"),
        "projector_hidden_act '" + activation + "' is neither 'gelu' nor 'linear'");
    root.require(
        root.flag("multimodal_projector_bias", true), "multimodal_projector_bias must be true");
    return new LlavaConfig.Projector(first && !second ? 1 : 2, activation.equals("gelu"));
  }

  /** The folder decides, although all but the first models were trained with frames. */
  private Fit fit() {
    ConfigReader f = files.preprocessor();
    String aspect = authors ? root.text("image_aspect_ratio").orElse("square") : "square";
    root.require(
        aspect.equals("square") || aspect.equals("pad"),
        "image_aspect_ratio '" + aspect + "' is neither 'square' nor 'pad'");
    if (aspect.equals("pad") || f.flag("do_pad", false)) {
      return Fit.PAD;
    }
    if (f.raw("size").has("height")) {
      return Fit.SQUASH;
    }
    f.require(
        f.flag("do_center_crop", true),
        "do_center_crop is false, but a size without height and width gives no squares");
    return Fit.CROP;
  }

  private String template() {
    String usual = LlavaTemplate.NAME;
    if (authors) {
      usual = root.flag("mm_use_im_start_end", false) ? VicunaTemplate.MARKED : VicunaTemplate.NAME;
    }
    String named = root.text("conversation_template").orElse(usual);
    if (ChatTemplates.named(named).isEmpty()) {
      root.problem(
          "conversation_template", "'%s', none of %s".formatted(named, ChatTemplates.names()));
      return usual;
    }
    return named;
  }
}
