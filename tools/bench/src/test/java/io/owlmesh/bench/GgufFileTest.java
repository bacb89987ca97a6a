// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.weights.MappedTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufFileTest {
  private static final Path MODELS = Path.of("../../lib/model/src/test/resources");
  private static final Path TINY = MODELS.resolve("owl-tiny/checkpoints/safetensors");
  private static final int WIDTH = 64;
  private static final int HEAD = 16;

  @TempDir private Path folder;

  /** A tensor as the file lists it. */
  private record Listed(List<Long> shape, int type, long offset) {}

  private ByteBuffer file = ByteBuffer.allocate(0);
  private final Map<String, Object> keys = new HashMap<>();
  private final Map<String, Listed> tensors = new HashMap<>();
  private int data;

  private void write(GgufFile.Format format) throws IOException {
    Path path = folder.resolve("model.gguf");
    GgufFile.write(Checkpoint.open(TINY), format, path);
    file = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(file.getInt()).isEqualTo(0x46554747);
    assertThat(file.getInt()).isEqualTo(3);
    long count = file.getLong();
    long entries = file.getLong();
    for (long i = 0; i < entries; i++) {
      keys.put(string(), value(file.getInt()));
    }
    for (long i = 0; i < count; i++) {
      String name = string();
      List<Long> shape = new ArrayList<>();
      for (int n = file.getInt(); n > 0; n--) {
        shape.add(file.getLong());
      }
      tensors.put(name, new Listed(shape, file.getInt(), file.getLong()));
    }
    data = (file.position() + 31) / 32 * 32;
  }

  private String string() {
    byte[] bytes = new byte[(int) file.getLong()];
    file.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private Object value(int type) {
    return switch (type) {
      case 4, 5 -> file.getInt();
      case 6 -> file.getFloat();
      case 8 -> string();
      case 9 -> {
        int element = file.getInt();
        List<Object> all = new ArrayList<>();
        for (long n = file.getLong(); n > 0; n--) {
          all.add(value(element));
        }
        yield all;
      }
      default -> throw new IllegalStateException("type " + type);
    };
  }

  private Listed listed(String name) {
    return Objects.requireNonNull(tensors.get(name), name);
  }

  private static float[] stored(String name) {
    try (MappedTensor tensor = Checkpoint.open(TINY).map(name)) {
      return tensor.copy().toFloats();
    }
  }

  private float bfloat16(String name, int index) {
    int at = data + (int) listed(name).offset + 2 * index;
    return Float.intBitsToFloat(file.getShort(at) << 16);
  }

  @Test
  void theFileTellsTheSizesOfTheModelAndAllItsTensors() throws IOException {
    write(GgufFile.Format.BF16);
    assertThat(keys)
        .containsEntry("general.architecture", "llama")
        .containsEntry("llama.embedding_length", WIDTH)
        .containsEntry("llama.block_count", 2)
        .containsEntry("llama.feed_forward_length", 96);
    assertThat((List<?>) keys.get("tokenizer.ggml.tokens")).hasSize(640).doesNotHaveDuplicates();
    assertThat(tensors).hasSize(3 + 2 * 9);
    assertThat(listed("blk.1.ffn_down.weight").shape).containsExactly(96L, 64L);
    assertThat(listed("output_norm.weight").type).isZero();
    long last = tensors.values().stream().mapToLong(Listed::offset).max().orElseThrow();
    assertThat(file.capacity()).isEqualTo(data + last + 640 * WIDTH * 2);
  }

  @Test
  void matricesKeepTheirNumbersAndRotatedChannelsStandInPairs() throws IOException {
    write(GgufFile.Format.BF16);
    float[] up = stored("language_model.model.layers.0.mlp.up_proj.weight");
    float[] queries = stored("language_model.model.layers.0.self_attn.q_proj.weight");
    for (int column = 0; column < WIDTH; column++) {
      assertThat(bfloat16("blk.0.ffn_up.weight", 5 * WIDTH + column))
          .isCloseTo(up[5 * WIDTH + column], within(4e-3f));
      // The second row of the second head is the first one of the other half of that head.
      assertThat(bfloat16("blk.0.attn_q.weight", (HEAD + 1) * WIDTH + column))
          .isCloseTo(queries[(HEAD + HEAD / 2) * WIDTH + column], within(4e-3f));
    }
  }

  @Test
  void eightBitBlocksAreWithinHalfAStepOfTheNumbers() throws IOException {
    write(GgufFile.Format.Q8_0);
    float[] up = stored("language_model.model.layers.0.mlp.up_proj.weight");
    Listed listed = listed("blk.0.ffn_up.weight");
    assertThat(listed.type).isEqualTo(8);
    for (int block = 0; block < up.length / 32; block++) {
      int at = data + (int) listed.offset + block * 34;
      float scale = Float.float16ToFloat(file.getShort(at));
      for (int i = 0; i < 32; i++) {
        assertThat(scale * file.get(at + 2 + i))
            .isCloseTo(up[block * 32 + i], within(0.6f * scale));
      }
    }
  }

  @Test
  void anotherLanguageModelIsRefused() {
    Checkpoint bloom =
        Checkpoint.open(MODELS.resolve("owl-bloom-tiny/checkpoints/safetensors-sharded-bf16"));
    Path path = folder.resolve("model.gguf");
    assertThatThrownBy(() -> GgufFile.write(bloom, GgufFile.Format.BF16, path))
        .hasMessage("checkpoint: only a LLaMA can be compared with llama.cpp");
  }
}
