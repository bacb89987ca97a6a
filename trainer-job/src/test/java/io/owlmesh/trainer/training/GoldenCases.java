// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.weights.SafetensorsFile;
import io.owlmesh.trainer.data.EncodedSample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** What the reference was asked about a tiny model of a family, as samples to train with. */
final class GoldenCases {
  private final Path folder;
  private final SortedMap<String, HostTensor> forward;
  private final JsonNode cases;

  private GoldenCases(Path folder, SortedMap<String, HostTensor> forward, JsonNode cases) {
    this.folder = folder;
    this.forward = forward;
    this.cases = cases;
  }

  static GoldenCases of(String family) throws IOException {
    Path folder = Path.of("../lib/model/src/test/resources", family);
    return new GoldenCases(
        folder,
        SafetensorsFile.load(folder.resolve("forward.safetensors")),
        new ObjectMapper().readTree(folder.resolve("forward.json").toFile()));
  }

  Path checkpoint(String layout) {
    return folder.resolve("checkpoints").resolve(layout);
  }

  AdapterFile adapter() {
    return AdapterFile.open(folder.resolve("adapters/peft"));
  }

  /** A LoRA of the shape of {@link #adapter}. */
  Lora lora() {
    AdapterFile file = adapter();
    String modules =
        file.modules().keySet().stream().map(Pattern::quote).collect(Collectors.joining("|"));
    return new Lora(file.rank(), file.alpha(), 0, Pattern.compile(modules));
  }

  /** The reference's logits, [positions, vocabulary]. */
  float[] logits(String name) {
    return Objects.requireNonNull(forward.get("logits/" + name)).toFloats();
  }

  /** A case by name, of which every token of text behind the first position is learnt. */
  EncodedSample sample(String name) {
    JsonNode found =
        StreamSupport.stream(cases.spliterator(), false)
            .filter(one -> one.get("name").asText().equals(name))
            .findFirst()
            .orElseThrow();
    int[] ids = new int[found.get("ids").size()];
    boolean[] trained = new boolean[ids.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = found.get("ids").get(i).asInt();
      trained[i] = i > 0 && ids[i] >= 0;
    }
    List<HostTensor> pixels = new ArrayList<>();
    for (JsonNode image : found.get("images")) {
      pixels.add(forward.get("pixel_values/" + image.asText()));
    }
    return new EncodedSample(ids, trained, pixels);
  }
}
