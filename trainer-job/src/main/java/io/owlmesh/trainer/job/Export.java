// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.checkpoint.CheckpointWriter;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.weights.MappedTensor;
import io.owlmesh.model.weights.SafetensorsWriter;
import io.owlmesh.trainer.training.Lora;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Writes what was learnt in the formats that others read. */
final class Export {
  private static final List<String> SIDE_FILES =
      List.of(
          "tokenizer.model",
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "chat_template.json");
  private static final String LORA = "base_model.model.";

  private Export() {}

  /**
   * Writes a checkpoint of Hugging Face: tensors that learnt, all others from where they came.
   *
   * @param learnt by canonical name; those of a LoRA are left out
   */
  static void checkpoint(
      Path folder, Checkpoint base, SortedMap<String, HostTensor> learnt, DType dtype)
      throws IOException {
    checkpoint(folder, base, base.config(), learnt, dtype);
  }

  /** As above, with dimensions that are not the old ones. */
  static void checkpoint(
      Path folder,
      Checkpoint base,
      ModelConfig config,
      SortedMap<String, HostTensor> learnt,
      DType dtype)
      throws IOException {
    CheckpointWriter.write(
        folder,
        config,
        dtype,
        (tensor, sink) -> {
          HostTensor own = learnt.get(tensor.name());
          if (own != null) {
            sink.write(own.as(dtype).bytes());
            return;
          }
          try (MappedTensor file = base.map(tensor.name())) {
            sink.write(new HostTensor(file.dtype(), file.shape(), file.bytes()).as(dtype).bytes());
          }
        },
        partial -> {
          for (String name : SIDE_FILES) {
            if (Files.exists(base.folder().resolve(name))) {
              Files.copy(
                  base.folder().resolve(name),
                  partial.resolve(name),
                  StandardCopyOption.REPLACE_EXISTING);
            }
          }
        });
  }

  /** Writes the LoRA among what was learnt as PEFT does. */
  static void adapter(
      Path folder, SortedMap<String, HostTensor> learnt, Lora lora, String baseModel)
      throws IOException {
    SortedMap<String, HostTensor> matrices = new TreeMap<>(learnt);
    matrices.keySet().removeIf(name -> !name.startsWith(LORA));
    CheckpointWriter.whole(
        folder,
        partial -> {
          SafetensorsWriter.writeAll(
              partial.resolve("adapter_model.safetensors"), matrices, Map.of("format", "pt"));
          Files.writeString(partial.resolve("adapter_config.json"), config(lora, baseModel));
        });
  }

  private static String config(Lora lora, String baseModel) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode node = json.createObjectNode();
    node.put("peft_type", "LORA");
    node.putNull("task_type");
    node.put("base_model_name_or_path", baseModel);
    node.put("r", lora.rank());
    node.put("lora_alpha", lora.alpha());
    node.put("lora_dropout", lora.dropout());
    node.put("target_modules", lora.targets().pattern());
    node.put("bias", "none");
    node.put("fan_in_fan_out", false);
    node.put("inference_mode", true);
    return json.writerWithDefaultPrettyPrinter().writeValueAsString(node) + "\n";
  }
}
