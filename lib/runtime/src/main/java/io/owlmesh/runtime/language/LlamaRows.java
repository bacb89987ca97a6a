// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.family.llama.LlamaConfig;
import io.owlmesh.runtime.Call;
import io.owlmesh.runtime.HostTensors;
import io.owlmesh.runtime.Weights;
import io.owlmesh.runtime.vector.RowEngine;
import io.owlmesh.runtime.vector.RowMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A step of few rows of a LLaMA, such as one generated id of each of few sequences, computed in
 * Java over the weights where they lie. It reads and writes the cache that the network's program
 * does, so that any step of a sequence may be computed by either. Arithmetic is float32; weights,
 * keys and values are bfloat16, weights also 8 bits.
 */
final class LlamaRows implements AutoCloseable {
  // Of the network's tensors: the table, then those of each layer, the norm, the output layer.
  private static final int LAYER = 9;

  private static final class Layer {
    private final float[] attentionNorm;
    private final List<RowMatrix> queryKeyValue;
    private final List<RowMatrix> output;
    private final float[] mlpNorm;
    private final List<RowMatrix> gateUp;
    private final List<RowMatrix> down;

    /**
     * @param at index of the layer's first tensor
     */
    Layer(Weights weights, int at) {
      attentionNorm = weights.floats(at);
      queryKeyValue = matrices(weights, at + 1, at + 2, at + 3);
      output = matrices(weights, at + 4);
      mlpNorm = weights.floats(at + 5);
      gateUp = matrices(weights, at + 6, at + 7);
      down = matrices(weights, at + 8);
    }
  }

  private final LlamaConfig config;
  private final RowEngine engine;
  private final MemorySegment embeddings;
  private final List<Layer> layers;
  private final float[] norm;
  private final RowMatrix head;
  private final float[] cosines;
  private final float[] sines;

  private LlamaRows(LlamaConfig config, RowEngine engine, Weights weights, List<float[]> tables) {
    this.config = config;
    this.engine = engine;
    this.embeddings = weights.stored(0).orElseThrow();
    this.layers = new ArrayList<>();
    for (int l = 0; l < config.layers(); l++) {
      layers.add(new Layer(weights, 1 + l * LAYER));
    }
    int end = 1 + config.layers() * LAYER;
    this.norm = weights.floats(end);
    this.head = weights.matrix(end + 1).orElseThrow();
    this.cosines = tables.get(0);
    this.sines = tables.get(1);
  }

  private static List<RowMatrix> matrices(Weights weights, int... at) {
    return Arrays.stream(at).mapToObj(i -> weights.matrix(i).orElseThrow()).toList();
  }

  /**
   * The step of a model, if it is a LLaMA in bfloat16 on the CPU all of whose matrices can be read
   * where they lie, and if the JVM has vectors.
   */
  static Optional<LlamaRows> of(LanguageModel model) {
    if (!(model.config().language() instanceof LlamaConfig config)
        || model.dtype() != DType.BFLOAT16
        || !model.program().options().device().equals("cpu")) {
      return Optional.empty();
    }
    Optional<RowEngine> engine = RowEngine.of(model.program().options().threads());
    if (engine.isPresent() && fits(config, engine.get().columns(), model.weights())) {
      return Optional.of(new LlamaRows(config, engine.get(), model.weights(), tables(model)));
    }
    engine.ifPresent(RowEngine::close);
    return Optional.empty();
  }

  private static boolean fits(LlamaConfig config, int columns, Weights weights) {
    if (config.width() % columns != 0
        || config.mlpWidth() % columns != 0
        || config.headSize() % columns != 0
        || config.heads() * config.headSize() % columns != 0
        || weights.stored(0).isEmpty()) {
      return false;
    }
    for (int l = 0; l < config.layers(); l++) {
      for (int slot : new int[] {1, 2, 3, 4, 6, 7, 8}) {
        if (weights.matrix(1 + l * LAYER + slot).isEmpty()) {
          return false;
        }
      }
    }
    return weights.matrix(2 + config.layers() * LAYER).isPresent();
  }

  /** Cosines and sines [positions, headSize / 2], in float32. */
  private static List<float[]> tables(LanguageModel model) {
    try (PtNDManager scope = model.program().newScope();
        NDArray like =
            HostTensors.enter(
                model.program(), HostTensor.ofFloats(new float[1], 1), DType.FLOAT32, scope);
        Call call = model.program().call("position_tables")) {
      return call.with(model.config().language().context()).with(like).tensors(scope).stream()
          .map(NDArray::toFloatArray)
          .toList();
    }
  }

  /** Runs the kernels until they are compiled; whether they are. */
  boolean warmUp() {
    return engine.warmUp(layers.getFirst().gateUp.getFirst());
  }

  /** Whether this is a step of ids alone, without visual tokens and adapters. */
  static boolean takes(KeyValueCache cache, List<Segment> segments) {
    return cache.isReadable()
        && segments.stream().allMatch(segment -> segment.adapter().isNone())
        && SegmentRow.of(segments).stream().allMatch(row -> row.id() >= 0);
  }

  /**
   * Computes the step.
   *
   * @param barred ids that are never chosen
   */
  ForwardResult step(KeyValueCache cache, List<Segment> segments, long[] barred) {
    long begin = System.nanoTime();
    List<SegmentRow> step = SegmentRow.of(segments);
    int rows = step.size();
    int width = config.width();
    float[] h = new float[rows * width];
    for (int r = 0; r < rows; r++) {
      long row = (long) step.get(r).id() * width;
      for (int i = 0; i < width; i++) {
        h[r * width + i] = widened(embeddings, row + i);
      }
    }
    int queries = config.heads() * config.headSize();
    int keys = config.keyValueHeads() * config.headSize();
    float[] q = new float[rows * queries];
    float[] k = new float[rows * keys];
    float[] v = new float[rows * keys];
    float[] attended = new float[rows * queries];
    float[] gate = new float[rows * config.mlpWidth()];
    float[] up = new float[rows * config.mlpWidth()];
    float[] added = new float[rows * width];
    for (int l = 0; l < layers.size(); l++) {
      Layer layer = layers.get(l);
      float[] x = normed(h, layer.attentionNorm);
      engine.multiply(x, rows, layer.queryKeyValue, List.of(q, k, v));
      remember(cache, l, step, q, k, v);
      attend(cache, l, step, q, attended);
      engine.multiply(attended, rows, layer.output, List.of(added));
      add(h, added);
      x = normed(h, layer.mlpNorm);
      engine.multiply(x, rows, layer.gateUp, List.of(gate, up));
      for (int i = 0; i < gate.length; i++) {
        gate[i] = gate[i] / (1 + (float) Math.exp(-gate[i])) * up[i];
      }
      engine.multiply(gate, rows, layer.down, List.of(added));
      add(h, added);
    }
    return logits(step, normed(h, norm), barred, begin);
  }

  private ForwardResult logits(List<SegmentRow> step, float[] x, long[] barred, long begin) {
    int vocabulary = config.vocabulary();
    float[] logits = new float[step.size() * vocabulary];
    engine.multiply(x, step.size(), List.of(head), List.of(logits));
    List<Integer> first = new ArrayList<>();
    int wanted = 0;
    float[] kept = new float[logits.length];
    for (int r = 0; r < step.size(); r++) {
      if (step.get(r).index() == 0) {
        first.add(wanted);
      }
      if (step.get(r).isWanted()) {
        System.arraycopy(logits, r * vocabulary, kept, wanted * vocabulary, vocabulary);
        for (long id : barred) {
          kept[wanted * vocabulary + (int) id] = Float.NEGATIVE_INFINITY;
        }
        wanted++;
      }
    }
    return new ForwardResult(
        Arrays.copyOf(kept, wanted * vocabulary),
        vocabulary,
        first.stream().mapToInt(Integer::intValue).toArray(),
        System.nanoTime() - begin);
  }

  private static float widened(MemorySegment bfloat16, long index) {
    int bits = bfloat16.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2 * index) << 16;
    return Float.intBitsToFloat(bits);
  }

  /** To the nearest bfloat16, ties to even. */
  private static short narrowed(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) 0x7fc0;
    }
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  /** RMSNorm of each row. */
  private float[] normed(float[] h, float[] weight) {
    int width = weight.length;
    float[] out = new float[h.length];
    for (int row = 0; row < h.length; row += width) {
      double squares = 0;
      for (int i = row; i < row + width; i++) {
        squares += (double) h[i] * h[i];
      }
      float scale = (float) (1 / Math.sqrt(squares / width + config.epsilon()));
      for (int i = 0; i < width; i++) {
        out[row + i] = h[row + i] * scale * weight[i];
      }
    }
    return out;
  }

  private static void add(float[] h, float[] added) {
    for (int i = 0; i < h.length; i++) {
      h[i] += added[i];
    }
  }

  /** Turns queries and keys by their positions, and writes keys and values to the cache. */
  private void remember(
      KeyValueCache cache, int layer, List<SegmentRow> step, float[] q, float[] k, float[] v) {
    int head = config.headSize();
    for (int r = 0; r < step.size(); r++) {
      SegmentRow row = step.get(r);
      for (int n = 0; n < config.heads(); n++) {
        rotate(q, (r * config.heads() + n) * head, row.position());
      }
      for (int n = 0; n < config.keyValueHeads(); n++) {
        int from = (r * config.keyValueHeads() + n) * head;
        rotate(k, from, row.position());
        long to = ((long) n * cache.positions() + row.slot()) * head;
        for (int i = 0; i < head; i++) {
          store(cache.keyBytes(layer), to + i, k[from + i]);
          store(cache.valueBytes(layer), to + i, v[from + i]);
        }
      }
    }
  }

  private static void store(MemorySegment to, long index, float value) {
    to.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2 * index, narrowed(value));
  }

  /** The first half of a head pairs with the second. */
  private void rotate(float[] x, int from, int position) {
    int half = config.headSize() / 2;
    int table = position * half;
    for (int i = 0; i < half; i++) {
      float a = x[from + i];
      float b = x[from + half + i];
      float cosine = cosines[table + i];
      float sine = sines[table + i];
      x[from + i] = a * cosine - b * sine;
      x[from + half + i] = b * cosine + a * sine;
    }
  }

  private void attend(
      KeyValueCache cache, int layer, List<SegmentRow> step, float[] q, float[] out) {
    int heads = config.heads();
    MemorySegment keys = cache.keyBytes(layer);
    MemorySegment values = cache.valueBytes(layer);
    engine.share(
        step.size() * heads,
        piece -> attend(cache.positions(), keys, values, step.get(piece / heads), piece, q, out));
  }

  /** One head of one row: a mean of values, weighted by the softmax of scores. */
  private void attend(
      int positions,
      MemorySegment keys,
      MemorySegment values,
      SegmentRow row,
      int piece,
      float[] q,
      float[] out) {
    int head = config.headSize();
    int group = config.heads() / config.keyValueHeads();
    long base = (long) (piece % config.heads() / group) * positions;
    int[] stretches = row.stretches();
    float[] query = RowEngine.query(q, piece * head, head);
    float[] scores = new float[row.position() + 1];
    int at = 0;
    for (int i = 0; i < stretches.length; i += 2) {
      long bytes = 2 * (base + stretches[i]) * head;
      RowEngine.scores(query, keys, bytes, stretches[i + 1], scores, at);
      at += stretches[i + 1];
    }
    soften(scores, (float) (1 / Math.sqrt(head)));
    Arrays.fill(out, piece * head, (piece + 1) * head, 0);
    at = 0;
    for (int i = 0; i < stretches.length; i += 2) {
      long bytes = 2 * (base + stretches[i]) * head;
      RowEngine.mix(values, bytes, stretches[i + 1], head, scores, at, out, piece * head);
      at += stretches[i + 1];
    }
  }

  private static void soften(float[] scores, float scale) {
    float largest = Float.NEGATIVE_INFINITY;
    for (float score : scores) {
      largest = Math.max(largest, score);
    }
    double sum = 0;
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (float) Math.exp((scores[i] - largest) * scale);
      sum += scores[i];
    }
    float inverse = (float) (1 / sum);
    for (int i = 0; i < scores.length; i++) {
      scores[i] *= inverse;
    }
  }

  @Override
  public void close() {
    engine.close();
  }
}
