// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.compose;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.CheckpointWriter;
import io.owlmesh.model.checkpoint.ExpectedTensors;
import io.owlmesh.model.family.CheckpointFiles;
import io.owlmesh.model.family.blip.BlipConfig;
import io.owlmesh.model.family.llama.LlamaConfig;
import io.owlmesh.model.image.Preprocessing;
import io.owlmesh.model.json.JsonFields;
import io.owlmesh.model.json.Problems;
import io.owlmesh.model.json.StrictJson;
import io.owlmesh.model.weights.MappedTensor;
import io.owlmesh.model.weights.SafetensorsWriter.Announced;
import io.owlmesh.model.weights.TensorEntry;
import io.owlmesh.model.weights.WeightFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Makes a checkpoint in transformers' layout of the four things that MiniGPT-4's authors hand out:
 * a ViT, a Q-Former, a projection and a Vicuna. The place of an image becomes one more id of the
 * vocabulary.
 */
public final class MiniGpt4Composition {
  private static final String EMBEDDINGS = "language_model.model.embed_tokens.weight";
  private static final String HEAD = "language_model.lm_head.weight";
  private static final String CLASS = "vision_model.embeddings.class_embedding";
  private static final String POSITIONS = "vision_model.embeddings.position_embedding";
  private static final String PATCHES = "vision_model.embeddings.patch_embedding.weight";
  private static final String FC1 = "vision_model.encoder.layers.0.mlp.fc1.weight";
  private static final String QFORMER_FC1 =
      "qformer.encoder.layer.0.intermediate_query.dense.weight";
  private static final String QUERIES = "query_tokens";
  private static final List<String> TOKENIZER =
      List.of("tokenizer.model", "tokenizer.json", "special_tokens_map.json");
  private static final int MOST = 100_000_000;

  /**
   * Where the parts lie.
   *
   * @param tower eva_vit_g.pth
   * @param qformer blip2_pretrained_flant5xxl.pth
   * @param projection pretrained_minigpt4.pth
   * @param vicuna folder of the language model
   * @param towerHeads heads of the ViT, 16 of the released one; no file tells
   * @param qformerHeads heads of the Q-Former, 12 of the released one
   */
  public record Parts(
      Path tower, Path qformer, Path projection, Path vicuna, int towerHeads, int qformerHeads) {}

  private final Parts parts;
  private final Problems problems = new Problems();
  private final Map<String, TensorEntry> tensors = new TreeMap<>();
  private final Map<String, TensorEntry> biases = new TreeMap<>();

  private MiniGpt4Composition(Parts parts) {
    this.parts = parts;
  }

  /**
   * Writes the checkpoint; it appears whole or not at all.
   *
   * @param folder must not exist, or be empty
   * @param dtype of all tensors, a floating point type
   * @return the model
   * @throws OwlException BAD_CHECKPOINT listing what is missing or does not fit, BAD_INPUT if the
   *     folder is not empty
   * @throws IOException if writing fails; nothing is left behind
   */
  public static BlipConfig write(Parts parts, Path folder, DType dtype) throws IOException {
    return new MiniGpt4Composition(parts).write(folder, dtype);
  }

  private BlipConfig write(Path folder, DType dtype) throws IOException {
    collect(parts.tower(), MiniGpt4Names::tower);
    collect(parts.qformer(), MiniGpt4Names::qformer);
    collect(parts.projection(), MiniGpt4Names::projection);
    tensors.putAll(
        WeightFiles.read(
                parts.vicuna(), parts.vicuna().toString(), MiniGpt4Names::language, problems)
            .tensors());
    problems.throwIfAny(parts.vicuna().toString());
    BlipConfig config = config();
    check(config);
    CheckpointWriter.write(
        folder,
        config,
        dtype,
        (tensor, sink) -> sink.write(values(tensor).as(dtype).bytes()),
        partial -> writeTokenizer(partial, config.imageToken()));
    return config;
  }

  private void collect(Path file, Function<String, Optional<String>> names) {
    WeightFiles.readFile(file, MOST, problems)
        .tensors()
        .forEach((name, entry) -> {
          if (name.endsWith(".attn.q_bias") || name.endsWith(".attn.v_bias")) {
            biases.put(name, entry);
          }
          names.apply(name).ifPresent(canonical -> tensors.put(canonical, entry));
        });
  }

  private long size(String tensor, int axis) {
    TensorEntry entry = tensors.get(tensor);
    if (entry == null || entry.shape().size() <= axis) {
      throw OwlException.badCheckpoint(tensor, "none of the files holds it");
    }
    return entry.shape().get(axis);
  }

  private int layers(String pattern) {
    int count = 0;
    while (tensors.containsKey(pattern.formatted(count))) {
      count++;
    }
    return count;
  }

  private BlipConfig config() {
    int patch = (int) size(PATCHES, 2);
    int side = (int) Math.round(Math.sqrt(size(POSITIONS, 1) - 1.0));
    int rows = (int) size(EMBEDDINGS, 0);
    Problems found = new Problems();
    JsonFields json =
        new JsonFields(
            "config.json", StrictJson.object(parts.vicuna().resolve("config.json")), found);
    JsonFields none = new JsonFields("", MissingNode.getInstance(), found);
    LlamaConfig language =
        LlamaConfig.read(
                json, new CheckpointFiles(json, none, none, none, Set.of(), Map.of()), "model.")
            .withVocabulary(rows + 1);
    found.throwIfAny(parts.vicuna().toString());
    // A last block that the released file holds is not part of the model: features are of the one
    // before.
    int blocks = layers("vision_model.encoder.layers.%d.mlp.fc1.weight");
    return BlipConfig.miniGpt4(
        new BlipConfig.Tower(
            (int) size(CLASS, 2),
            (int) size(FC1, 0),
            Math.min(blocks, BlipConfig.RELEASED_LAYERS),
            parts.towerHeads(),
            side * patch,
            patch,
            1e-6),
        new BlipConfig.QFormer(
            (int) size(QUERIES, 2),
            (int) size(QFORMER_FC1, 0),
            layers("qformer.encoder.layer.%d.intermediate_query.dense.weight"),
            parts.qformerHeads(),
            1e-12,
            (int) size(QUERIES, 1),
            30_522,
            512),
        language,
        Preprocessing.clip(side * patch),
        rows);
  }

  /** Everything that the model has must be there, in its shape. */
  private void check(BlipConfig config) {
    int width = config.language().width();
    ExpectedTensors.of(config)
        .all()
        .forEach((name, shape) -> {
          if (name.endsWith(".self_attn.qkv.bias")) {
            checkShape(bias(name, "q"), List.of(shape.getFirst() / 3));
            checkShape(bias(name, "v"), List.of(shape.getFirst() / 3));
          } else if (name.equals(EMBEDDINGS) || name.equals(HEAD)) {
            checkShape(name, List.of((long) config.imageToken(), (long) width));
          } else {
            checkShape(name, shape);
          }
        });
    problems.throwIfAny("the parts");
  }

  private void checkShape(String name, List<Long> expected) {
    TensorEntry entry = tensors.getOrDefault(name, biases.get(name));
    if (entry == null) {
      problems.add(name, "missing tensor, expected " + expected);
    } else if (!entry.shape().equals(expected)) {
      problems.add(name, "shape " + entry.shape() + ", expected " + expected);
    } else if (!entry.dtype().isFloat()) {
      problems.add(name, "elements are " + entry.dtype() + ", expected a float type");
    }
  }

  /** The bias of queries or values for a fused one. */
  private static String bias(String fused, String which) {
    String layer = fused.replaceAll("\\D", "");
    return "blocks." + layer + ".attn." + which + "_bias";
  }

  private HostTensor values(Announced tensor) {
    String name = tensor.name();
    long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
    if (name.endsWith(".self_attn.qkv.bias")) {
      float[] q = floats(biases, bias(name, "q"));
      float[] v = floats(biases, bias(name, "v"));
      float[] all = new float[3 * q.length]; // Keys have none.
      System.arraycopy(q, 0, all, 0, q.length);
      System.arraycopy(v, 0, all, 2 * q.length, v.length);
      return HostTensor.ofFloats(all, shape);
    }
    try (MappedTensor file = MappedTensor.of(entry(tensors, name))) {
      HostTensor whole = file.copy();
      boolean grows = name.equals(EMBEDDINGS) || name.equals(HEAD);
      return grows ? withZeroRow(whole, shape) : whole;
    }
  }

  private static TensorEntry entry(Map<String, TensorEntry> tensors, String name) {
    return Objects.requireNonNull(tensors.get(name), name);
  }

  private static float[] floats(Map<String, TensorEntry> tensors, String name) {
    try (MappedTensor file = MappedTensor.of(entry(tensors, name))) {
      return file.copy().toFloats();
    }
  }

  private static HostTensor withZeroRow(HostTensor table, long[] shape) {
    ByteBuffer rows = ByteBuffer.allocateDirect((int) HostTensor.byteCount(table.dtype(), shape));
    rows.put(table.bytes()).rewind();
    return new HostTensor(table.dtype(), shape, rows);
  }

  private void writeTokenizer(Path partial, int imageToken) throws IOException {
    for (String name : TOKENIZER) {
      Path file = parts.vicuna().resolve(name);
      if (Files.exists(file)) {
        Files.copy(file, partial.resolve(name));
      }
    }
    Path own = parts.vicuna().resolve("tokenizer_config.json");
    ObjectNode config =
        Files.exists(own)
            ? (ObjectNode) StrictJson.object(own)
            : JsonNodeFactory.instance.objectNode();
    config.put("legacy", true);
    config
        .withObject("/added_tokens_decoder")
        .putObject(Integer.toString(imageToken))
        .put("content", "<image>")
        .put("special", true)
        .put("normalized", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("single_word", false);
    Files.writeString(
        partial.resolve("tokenizer_config.json"),
        StrictJson.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(config) + "\n");
  }
}
