// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.family.NetworkSpec;
import io.owlmesh.model.family.WeightLayout.Weight;
import io.owlmesh.model.family.llama.LlamaConfig;
import io.owlmesh.model.weights.MappedTensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The language model of a checkpoint as llama.cpp reads it: GGUF version 3, as ggml's docs/gguf.md
 * describes it. The vocabulary has names made up: ids are all that a measurement needs.
 */
final class GgufFile {
  /** In what matrices are written. */
  enum Format {
    BF16(30, 1, 2),
    /** 32 numbers of 8 bits with a scale in float16. */
    Q8_0(8, 32, 34);

    private final int type;
    private final int block;
    private final int blockBytes;

    Format(int type, int block, int blockBytes) {
      this.type = type;
      this.block = block;
      this.blockBytes = blockBytes;
    }
  }

  private static final int FLOAT32 = 0;
  private static final int ALIGNMENT = 32;
  // Of LLaMA's tensors: the table, then those of each layer, the norm, the output layer.
  private static final List<String> LAYER =
      List.of(
          "attn_norm",
          "attn_q",
          "attn_k",
          "attn_v",
          "attn_output",
          "ffn_norm",
          "ffn_gate",
          "ffn_up",
          "ffn_down");

  /**
   * A tensor.
   *
   * @param heads whose channels are put into the order of pairs; 0 for none
   */
  private record Tensor(String name, String from, List<Long> shape, int heads) {
    boolean isMatrix() {
      return shape.size() == 2;
    }
  }

  private final Checkpoint checkpoint;
  private final LlamaConfig config;
  private final Format format;
  private final ByteArrayOutputStream head = new ByteArrayOutputStream();
  private int entries;

  private GgufFile(Checkpoint checkpoint, LlamaConfig config, Format format) {
    this.checkpoint = checkpoint;
    this.config = config;
    this.format = format;
  }

  /**
   * Writes a file.
   *
   * @throws OwlException BAD_INPUT if the language model is no LLaMA
   */
  static void write(Checkpoint checkpoint, Format format, Path file) throws IOException {
    if (!(checkpoint.config().language() instanceof LlamaConfig config)) {
      throw OwlException.badInput("checkpoint", "only a LLaMA can be compared with llama.cpp");
    }
    new GgufFile(checkpoint, config, format).write(file);
  }

  private List<Tensor> tensors() {
    NetworkSpec network = checkpoint.config().languageNetwork();
    List<Weight> weights = network.weights().weights();
    List<Tensor> all = new ArrayList<>();
    all.add(tensor("token_embd", weights.getFirst(), 0));
    for (int l = 0; l < config.layers(); l++) {
      for (int i = 0; i < LAYER.size(); i++) {
        int heads =
            switch (LAYER.get(i)) {
              case "attn_q" -> config.heads();
              case "attn_k" -> config.keyValueHeads();
              default -> 0;
            };
        Weight weight = weights.get(1 + l * LAYER.size() + i);
        all.add(tensor("blk." + l + "." + LAYER.get(i), weight, heads));
      }
    }
    all.add(tensor("output_norm", weights.get(weights.size() - 2), 0));
    all.add(tensor("output", weights.getLast(), 0));
    return all;
  }

  private static Tensor tensor(String name, Weight weight, int heads) {
    return new Tensor(name + ".weight", weight.name(), weight.shape(), heads);
  }

  private long bytes(Tensor tensor) {
    long elements = tensor.shape.stream().reduce(1L, Math::multiplyExact);
    return tensor.isMatrix() ? elements / format.block * format.blockBytes : elements * Float.BYTES;
  }

  private void write(Path file) throws IOException {
    List<Tensor> tensors = tensors();
    keys();
    byte[] keys = head.toByteArray();
    head.reset();
    head.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    u32(3);
    u64(tensors.size());
    u64(entries);
    head.writeBytes(keys);
    long offset = 0;
    for (Tensor tensor : tensors) {
      string(tensor.name);
      u32(tensor.shape.size());
      tensor.shape.reversed().forEach(this::u64);
      u32(tensor.isMatrix() ? format.type : FLOAT32);
      u64(offset);
      offset += aligned(bytes(tensor));
    }
    head.writeBytes(new byte[(int) (aligned(head.size()) - head.size())]);
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      put(channel, ByteBuffer.wrap(head.toByteArray()));
      for (Tensor tensor : tensors) {
        values(tensor, channel);
        put(channel, ByteBuffer.allocate((int) (aligned(bytes(tensor)) - bytes(tensor))));
      }
    }
  }

  private void keys() {
    key("general.architecture", 8).string("llama");
    key("general.alignment", 4).u32(ALIGNMENT);
    number("context_length", config.context());
    number("embedding_length", config.width());
    number("block_count", config.layers());
    number("feed_forward_length", config.mlpWidth());
    number("attention.head_count", config.heads());
    number("attention.head_count_kv", config.keyValueHeads());
    number("rope.dimension_count", config.headSize());
    number("vocab_size", config.vocabulary());
    key("llama.attention.layer_norm_rms_epsilon", 6).f32((float) config.epsilon());
    key("llama.rope.freq_base", 6).f32((float) config.ropeTheta());
    key("tokenizer.ggml.model", 8).string("llama");
    array("tokenizer.ggml.tokens", 8);
    for (int id = 0; id < config.vocabulary(); id++) {
      string(token(id));
    }
    array("tokenizer.ggml.scores", 6);
    for (int id = 0; id < config.vocabulary(); id++) {
      f32(-id);
    }
    array("tokenizer.ggml.token_type", 5);
    for (int id = 0; id < config.vocabulary(); id++) {
      u32(type(id));
    }
    key("tokenizer.ggml.bos_token_id", 4).u32(config.bos());
    key("tokenizer.ggml.eos_token_id", 4).u32(config.eos());
  }

  /** Unknown, begin, end, 256 bytes, then words. */
  private static String token(int id) {
    return switch (id) {
      case 0 -> "<unk>";
      case 1 -> "<s>";
      case 2 -> "</s>";
      default -> id < 259 ? "<0x%02X>".formatted(id - 3) : "w" + id;
    };
  }

  private static int type(int id) {
    return switch (id) {
      case 0 -> 2;
      case 1, 2 -> 3;
      default -> id < 259 ? 6 : 1;
    };
  }

  private GgufFile key(String name, int type) {
    entries++;
    string(name);
    u32(type);
    return this;
  }

  private void number(String name, int value) {
    key("llama." + name, 4).u32(value);
  }

  private void array(String name, int type) {
    key(name, 9).u32(type);
    u64(config.vocabulary());
  }

  private void string(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    u64(bytes.length);
    head.writeBytes(bytes);
  }

  private void u32(int value) {
    head.writeBytes(little(Integer.BYTES).putInt(value).array());
  }

  private void u64(long value) {
    head.writeBytes(little(Long.BYTES).putLong(value).array());
  }

  private void f32(float value) {
    u32(Float.floatToRawIntBits(value));
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private static void put(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private void values(Tensor tensor, FileChannel channel) throws IOException {
    try (MappedTensor file = checkpoint.map(tensor.from)) {
      int rows = tensor.isMatrix() ? Math.toIntExact(tensor.shape.getFirst()) : 1;
      int columns = Math.toIntExact(tensor.shape.getLast());
      int size = columns * file.dtype().bytes();
      ByteBuffer out = little(Math.toIntExact(bytes(tensor) / rows));
      for (int r = 0; r < rows; r++) {
        ByteBuffer row = file.bytes().slice(source(r, rows, tensor.heads) * size, size);
        float[] values =
            new HostTensor(file.dtype(), new long[] {columns}, row.order(ByteOrder.LITTLE_ENDIAN))
                .toFloats();
        out.clear();
        if (!tensor.isMatrix()) {
          for (float value : values) {
            out.putFloat(value);
          }
        } else if (format == Format.BF16) {
          out.put(HostTensor.ofFloats(values, columns).as(DType.BFLOAT16).bytes());
        } else {
          blocks(values, out);
        }
        put(channel, out.flip());
      }
    }
  }

  /**
   * The row of a checkpoint's matrix that comes at a place. There, the first half of a head pairs
   * with the second under rotation; in GGUF, neighbours do.
   */
  private static int source(int row, int rows, int heads) {
    if (heads == 0) {
      return row;
    }
    int head = rows / heads;
    int within = row % head;
    return row / head * head + within % 2 * (head / 2) + within / 2;
  }

  private static void blocks(float[] values, ByteBuffer out) {
    int size = Format.Q8_0.block;
    for (int begin = 0; begin < values.length; begin += size) {
      float largest = 0;
      for (int i = begin; i < begin + size; i++) {
        largest = Math.max(largest, Math.abs(values[i]));
      }
      float scale = largest / 127;
      out.putShort(Float.floatToFloat16(scale));
      for (int i = begin; i < begin + size; i++) {
        out.put((byte) (scale == 0 ? 0 : Math.round(values[i] / scale)));
      }
    }
  }
}
