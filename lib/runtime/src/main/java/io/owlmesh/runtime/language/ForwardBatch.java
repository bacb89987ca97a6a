// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.runtime.Call;
import io.owlmesh.runtime.TensorList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Positions of any number of sequences, computed together in one native call: matrices are read
 * once for all of them, attention is each one's own.
 */
final class ForwardBatch {
  private final LanguageModel model;
  private final List<Integer> ids = new ArrayList<>();
  private final List<Integer> positions = new ArrayList<>();
  private final List<Integer> slots = new ArrayList<>();
  private final List<Integer> last = new ArrayList<>();
  private final List<Integer> pieces = new ArrayList<>();
  private final List<Integer> groups = new ArrayList<>();
  private final List<Integer> plan = new ArrayList<>();
  private final List<NDArray> visual = new ArrayList<>();
  private final IdentityHashMap<NDArray, Integer> known = new IdentityHashMap<>();
  private final int[] firstLogits;

  /** Lays out the rows: segments of one adapter lie side by side. */
  ForwardBatch(LanguageModel model, List<Segment> segments, List<LoraAdapter> adapters) {
    this.model = model;
    this.firstLogits = new int[segments.size()];
    List<Integer> order =
        IntStream.range(0, segments.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> adapters.indexOf(segments.get(i).adapter())))
            .toList();
    for (int index : order) {
      Segment segment = segments.get(index);
      group(segment, adapters);
      pieces(segment);
      plan(segment);
      rows(segment, index);
    }
  }

  private void group(Segment segment, List<LoraAdapter> adapters) {
    if (segment.adapter().isNone()) {
      return;
    }
    int stride = 2 * LanguageModel.MATRICES.size() * model.config().language().layers();
    int tensors = stride * adapters.indexOf(segment.adapter());
    int size = groups.size();
    if (size > 0
        && groups.get(size - 1) == tensors
        && groups.get(size - 3) + groups.get(size - 2) == ids.size()) {
      groups.set(size - 2, groups.get(size - 2) + segment.rows());
      return;
    }
    groups.add(ids.size());
    groups.add(segment.rows());
    groups.add(tensors);
  }

  /** The visual tokens among the rows of a segment. */
  private void pieces(Segment segment) {
    PromptEmbeddings inputs = segment.inputs();
    int size = model.config().visualTokens();
    int end = segment.first() + segment.rows();
    for (int i = 0; i < inputs.images(); i++) {
      int from = Math.max(segment.first(), inputs.start(i));
      int to = Math.min(end, inputs.start(i) + size);
      if (from < to) {
        pieces.add(ids.size() + from - segment.first());
        pieces.add(from - inputs.start(i));
        pieces.add(to - from);
        pieces.add(
            known.computeIfAbsent(
                inputs.image(i),
                image -> {
                  visual.add(image);
                  return visual.size() - 1;
                }));
      }
    }
  }

  private void plan(Segment segment) {
    int rows = segment.rows();
    int[] before = segment.before();
    plan.add(rows);
    if (rows == 1) {
      // The row itself was just written to the cache, where it may lengthen the last stretch.
      List<Integer> all = new ArrayList<>(IntStream.of(before).boxed().toList());
      int slot = segment.slot(0);
      int size = all.size();
      if (size > 0 && all.get(size - 2) + all.get(size - 1) == slot) {
        all.set(size - 1, all.get(size - 1) + 1);
      } else {
        all.add(slot);
        all.add(1);
      }
      plan.add(0);
      plan.add(all.size() / 2);
      plan.addAll(all);
    } else {
      plan.add(1);
      plan.add(before.length / 2);
      IntStream.of(before).forEach(plan::add);
    }
  }

  private void rows(Segment segment, int index) {
    firstLogits[index] = last.size();
    for (int i = 0; i < segment.rows(); i++) {
      boolean wanted =
          switch (segment.logits()) {
            case NONE -> false;
            case LAST -> i == segment.rows() - 1;
            case ALL -> true;
          };
      if (wanted) {
        last.add(ids.size());
      }
      ids.add(segment.id(i));
      positions.add(segment.first() + i);
      slots.add(segment.slot(i));
    }
  }

  /**
   * All numbers of the step as one tensor: how many there are of each kind, then they themselves.
   */
  private NDArray numbers(PtNDManager owner) {
    List<List<Integer>> kinds = List.of(ids, positions, slots, last, pieces, groups, plan);
    long[] numbers = new long[kinds.size() + kinds.stream().mapToInt(List::size).sum()];
    int at = 0;
    for (List<Integer> kind : kinds) {
      numbers[at++] = kind.size();
    }
    for (List<Integer> kind : kinds) {
      for (int number : kind) {
        numbers[at++] = number;
      }
    }
    return owner.create(numbers, new Shape(numbers.length));
  }

  /** Computes all rows. */
  ForwardResult run(KeyValueCache cache, TensorList loras) {
    PtNDManager scope = model.program().newScope();
    try (NDArray numbers = numbers(scope);
        Call call = model.program().call("forward")) {
      call.with(numbers)
          .with(visual)
          .with(model.weights().tensors())
          .with(model.weights().quantized())
          .with(model.program().options().quantization().rows())
          .with(loras)
          .with(cache.keys())
          .with(cache.values())
          .with(model.cosines())
          .with(model.sines())
          .with(model.config().language().epsilon());
      long begin = System.nanoTime();
      List<NDArray> results = call.tensors(scope);
      return new ForwardResult(scope, results, firstLogits, System.nanoTime() - begin);
    } catch (RuntimeException e) {
      scope.close();
      throw e;
    }
  }
}
