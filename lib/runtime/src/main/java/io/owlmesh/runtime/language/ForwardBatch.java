// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.model.script.NamedTuple;
import io.owlmesh.runtime.Call;
import io.owlmesh.runtime.ScriptValue;
import io.owlmesh.runtime.language.DecoderScript.AdapterSpan;
import io.owlmesh.runtime.language.DecoderScript.SegmentPlan;
import io.owlmesh.runtime.language.DecoderScript.StepNumbers;
import io.owlmesh.runtime.language.DecoderScript.Stretch;
import io.owlmesh.runtime.language.DecoderScript.VisualPiece;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Positions of any number of sequences, computed together in one native call: matrices are read
 * once for all of them, attention is each one's own.
 */
final class ForwardBatch {
  private final LanguageModel model;
  private final Map<StepNumbers, List<Integer>> numbers = new EnumMap<>(StepNumbers.class);
  private final List<AdapterSpan> spans = new ArrayList<>();
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
      span(segment, adapters);
      pieces(segment);
      plan(segment);
      rows(segment, index);
    }
  }

  private List<Integer> of(StepNumbers kind) {
    return numbers.computeIfAbsent(kind, _ -> new ArrayList<>());
  }

  private void add(StepNumbers kind, Record entry) {
    for (long number : NamedTuple.longs(entry)) {
      of(kind).add((int) number);
    }
  }

  /** Rows so far. */
  private int size() {
    return of(StepNumbers.IDS).size();
  }

  private void span(Segment segment, List<LoraAdapter> adapters) {
    if (segment.adapter().isNone()) {
      return;
    }
    AdapterSpan span = new AdapterSpan(size(), segment.rows(), adapters.indexOf(segment.adapter()));
    AdapterSpan before = spans.isEmpty() ? null : spans.getLast();
    if (before != null
        && before.adapter() == span.adapter()
        && before.row() + before.rows() == span.row()) {
      spans.removeLast();
      span = new AdapterSpan(before.row(), before.rows() + span.rows(), span.adapter());
    }
    spans.add(span);
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
        int image =
            known.computeIfAbsent(
                inputs.image(i),
                tokens -> {
                  visual.add(tokens);
                  return visual.size() - 1;
                });
        add(
            StepNumbers.PIECES,
            new VisualPiece(
                size() + from - segment.first(), from - inputs.start(i), to - from, image));
      }
    }
  }

  private void plan(Segment segment) {
    int[] before = segment.before();
    List<Stretch> stretches = new ArrayList<>();
    for (int i = 0; i < before.length; i += 2) {
      stretches.add(new Stretch(before[i], before[i + 1]));
    }
    boolean alone = segment.rows() == 1;
    if (alone) {
      // The row itself was just written to the cache, where it may lengthen the last stretch.
      int slot = segment.slot(0);
      Stretch last = stretches.isEmpty() ? new Stretch(-1, 0) : stretches.getLast();
      if (last.slot() + last.length() == slot) {
        stretches.set(stretches.size() - 1, new Stretch(last.slot(), last.length() + 1));
      } else {
        stretches.add(new Stretch(slot, 1));
      }
    }
    add(StepNumbers.PLAN, new SegmentPlan(segment.rows(), alone ? 0 : 1, stretches.size()));
    stretches.forEach(stretch -> add(StepNumbers.PLAN, stretch));
  }

  private void rows(Segment segment, int index) {
    firstLogits[index] = of(StepNumbers.LAST).size();
    for (int i = 0; i < segment.rows(); i++) {
      if (segment.wants(i)) {
        of(StepNumbers.LAST).add(size());
      }
      of(StepNumbers.IDS).add(segment.id(i));
      of(StepNumbers.POSITIONS).add(segment.first() + i);
      of(StepNumbers.SLOTS).add(segment.slot(i));
    }
  }

  /**
   * All numbers of the step as one tensor: how many there are of each kind, then they themselves.
   */
  private NDArray numbers(PtNDManager owner) {
    spans.forEach(span -> add(StepNumbers.SPANS, span));
    LongStream.Builder all = LongStream.builder();
    for (StepNumbers kind : StepNumbers.values()) {
      all.add(of(kind).size());
    }
    for (StepNumbers kind : StepNumbers.values()) {
      of(kind).forEach(all::add);
    }
    long[] flat = all.build().toArray();
    return owner.create(flat, new Shape(flat.length));
  }

  /** Computes all rows. */
  ForwardResult run(KeyValueCache cache, ScriptValue loras) {
    PtNDManager scope = model.program().newScope();
    try (NDArray all = numbers(scope);
        Call call = model.program().call("forward")) {
      call.with(all)
          .with(visual)
          .with(model.weights().named())
          .with(model.program().options().quantization().rows())
          .with(loras)
          .with(cache.keys())
          .with(cache.values())
          .with(model.tables())
          .with(model.bias())
          .with(model.barred());
      long begin = System.nanoTime();
      List<NDArray> results = call.tensors(scope);
      return new ForwardResult(scope, results, firstLogits, System.nanoTime() - begin);
    } catch (RuntimeException e) {
      scope.close();
      throw e;
    }
  }
}
