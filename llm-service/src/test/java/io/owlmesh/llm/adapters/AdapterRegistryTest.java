// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.adapters;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.WeightLoader;
import io.owlmesh.runtime.language.LanguageModel;
import io.owlmesh.runtime.language.LoraAdapter;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AdapterRegistryTest {
  private static final Path LLAVA = Path.of("../lib/model/src/test/resources/llava-tiny");

  @Test
  void aModelThatBarsIdsTakesAdapters() {
    try (LanguageModel model =
        LanguageModel.load(
            Checkpoint.open(LLAVA.resolve("checkpoints/transformers-5-bf16")),
            EngineOptions.DEFAULTS,
            Optional.empty(),
            WeightLoader.Progress.NONE)) {
      int last = model.config().language().vocabulary() - 1;
      model.bar(id -> id == 0 || id == last);
      AdapterRegistry adapters = new AdapterRegistry(model, Optional.empty(), Long.MAX_VALUE);

      adapters.put(AdapterFile.open(LLAVA.resolve("adapters/peft"), "owl"));

      assertThat(adapters.list()).extracting(LoraAdapter::name).containsExactly("owl");
      adapters.close();
    }
  }
}
