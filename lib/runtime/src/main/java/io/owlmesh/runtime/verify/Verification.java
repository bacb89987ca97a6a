// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.verify;

import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.Precision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The comparison of this engine with a folder of golden values, which may be of a model of any
 * size. Tolerances: lossless pictures 1 level, JPEG 3 levels and a mean of 0.6; float32 within 2e-4
 * + 1e-4 |x| and equal answers; bfloat16 within what the folder's bfloat16.json allows, of the
 * norm.
 */
public final class Verification {
  private final GoldenFolder golden;
  private final EngineOptions options;
  private final List<Row> rows = new ArrayList<>();
  private final Consumer<Row> out;

  private Verification(Path golden, EngineOptions options, Consumer<Row> onRow) {
    this.golden = new GoldenFolder(golden);
    this.options = options;
    this.out = onRow.andThen(rows::add);
  }

  /**
   * Compares everything.
   *
   * @param golden folder of the golden values
   * @param checkpoint the one to compare; empty for all of the folder
   * @param options the precision is ignored: float32 and bfloat16 are both compared
   * @param onRow told after each comparison
   * @return all comparisons; the engine is right if all passed
   * @throws OwlException BAD_INPUT if the folder cannot be read, BAD_CHECKPOINT if a checkpoint or
   *     adapter of it cannot
   */
  public static List<Row> run(
      Path golden, Optional<Path> checkpoint, EngineOptions options, Consumer<Row> onRow) {
    Verification verification = new Verification(golden, options, onRow);
    List<Path> folders =
        checkpoint.map(List::of).orElseGet(() -> verification.golden.checkpoints());
    if (folders.isEmpty()) {
      throw OwlException.badInput("golden", golden + " holds no checkpoints");
    }
    verification.run(folders.stream().map(Checkpoint::open).toList());
    return List.copyOf(verification.rows);
  }

  private void run(List<Checkpoint> checkpoints) {
    PixelChecks pixels = new PixelChecks(golden, out);
    pixels.squares(checkpoints.getFirst().config());
    pixels.normalised(checkpoints.getFirst().config());
    SortedMap<String, HostTensor> forward = golden.forward();
    for (Checkpoint checkpoint : checkpoints) {
      TextChecks.run(golden, checkpoint, out);
      for (Precision precision : List.of(Precision.FLOAT32, Precision.BFLOAT16)) {
        networks(
            new NetworkChecks(checkpoint, options.withPrecision(precision), golden, forward, out));
      }
    }
  }

  private void networks(NetworkChecks checks) {
    checks.vision();
    List<GoldenCase> cases = golden.cases();
    checks.language(
        cases.stream().filter(c -> c.adapter() == null).toList(), Optional.empty(), false);
    for (AdapterFile adapter : golden.adapters()) {
      List<GoldenCase> own = cases.stream().filter(c -> names(c, adapter)).toList();
      checks.language(own, Optional.of(adapter), false);
      checks.language(own, Optional.of(adapter), true);
    }
  }

  /** Whether a case is about this adapter, or about the same one under another name. */
  private boolean names(GoldenCase test, AdapterFile adapter) {
    return golden.adapters().stream()
        .anyMatch(other -> other.name().equals(test.adapter()) && sameValues(other, adapter));
  }

  private static boolean sameValues(AdapterFile one, AdapterFile other) {
    return one.modules().keySet().equals(other.modules().keySet())
        && Arrays.deepEquals(values(one), values(other));
  }

  private static float[][] values(AdapterFile adapter) {
    return adapter.modules().values().stream()
        .flatMap(pair ->
            Stream.of(
                pair.a().toFloats(), pair.b().toFloats(), new float[] {(float) pair.scaling()}))
        .toArray(float[][]::new);
  }
}
