// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import ai.djl.ndarray.NDArray;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.runtime.Call;
import io.owlmesh.runtime.Program;
import io.owlmesh.runtime.WeightLoader;
import io.owlmesh.runtime.WeightOrder;
import java.util.Optional;

/** Loads matrices with an adapter added to them: W + scaling * B A, summed in float32. */
record Merger(Program program, WeightLoader loader, Optional<AdapterFile> adapter)
    implements WeightOrder {
  private static final String SUFFIX = ".weight";

  @Override
  public void matrix(String name) {
    String module = name.substring(0, name.length() - SUFFIX.length());
    AdapterFile.Pair pair = adapter.map(a -> a.modules().get(module)).orElse(null);
    if (pair == null) {
      loader.matrix(name);
      return;
    }
    loader.matrix(
        name,
        (matrix, scope) -> {
          NDArray a = LoraAdapter.scaled(program, pair.a(), 1, scope);
          NDArray b = LoraAdapter.scaled(program, pair.b(), pair.scaling(), scope);
          try (Call merge = program.call("merge").with(matrix).with(a).with(b)) {
            return merge.tensor(scope);
          }
        });
  }

  @Override
  public void plain(String name) {
    loader.plain(name);
  }

  @Override
  public void table(String name) {
    loader.table(name);
  }

  @Override
  public void float32(String name) {
    loader.float32(name);
  }
}
