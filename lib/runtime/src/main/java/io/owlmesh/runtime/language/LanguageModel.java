// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.core.AvailableMemory;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.checkpoint.Part;
import io.owlmesh.model.family.LanguageConfig;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.family.NetworkSpec;
import io.owlmesh.runtime.Call;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.HostTensors;
import io.owlmesh.runtime.Program;
import io.owlmesh.runtime.Quantization;
import io.owlmesh.runtime.ScriptValue;
import io.owlmesh.runtime.TensorList;
import io.owlmesh.runtime.WeightLoader;
import io.owlmesh.runtime.Weights;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * The language model: immutable weights over which {@link CachedSequence}s run, each with its own
 * keys and values. A model, its adapters and its sequences are used by one thread at a time.
 */
public final class LanguageModel implements AutoCloseable {
  private final ModelConfig config;
  private final Program program;
  private final Weights weights;
  private final PtNDManager scope;
  private final NDArray like;
  private final TensorList tables;
  private final PromptEmbeddings nothing;
  private final NDArray bias;
  private NDArray barred;
  private List<LoraAdapter> listed = List.of();
  private ScriptValue loras;
  private long[] barredIds = {};
  private final Optional<LlamaRows> fewRows;
  private final int mostRows;

  private LanguageModel(ModelConfig config, Program program, Weights weights) {
    this.config = config;
    this.program = program;
    this.weights = weights;
    this.scope = program.newScope();
    this.like =
        HostTensors.enter(program, HostTensor.ofFloats(new float[1], 1), weights.dtype(), scope);
    this.tables = positionTables();
    this.bias = keyBias();
    this.barred = scope.create(new long[0], new Shape(0));
    this.nothing = PromptEmbeddings.of(this, new int[0], new int[0], List.of());
    this.loras = loras(List.of());
    this.fewRows = LlamaRows.of(this);
    this.mostRows = fewRows.map(rows -> RowChoice.most(this, rows)).orElse(0);
  }

  /**
   * Loads the {@code language_model} of a checkpoint.
   *
   * @param merged an adapter to add to the weights for good; others can still be applied over them
   * @throws io.owlmesh.core.OwlException BAD_CHECKPOINT listing what is missing or wrong
   */
  public static LanguageModel load(
      Checkpoint checkpoint,
      EngineOptions options,
      Optional<AdapterFile> merged,
      WeightLoader.Progress progress) {
    return load(checkpoint, options, merged, progress, AvailableMemory.bytes());
  }

  /**
   * The same.
   *
   * @param available bytes that this machine has left, if known
   */
  static LanguageModel load(
      Checkpoint checkpoint,
      EngineOptions options,
      Optional<AdapterFile> merged,
      WeightLoader.Progress progress,
      OptionalLong available) {
    checkpoint.requireComplete(Part.LANGUAGE);
    merged.ifPresent(adapter -> adapter.validate(checkpoint.config()));
    NetworkSpec network = checkpoint.config().languageNetwork();
    Program program =
        Program.load(
            network.script().plus(DecoderScript.of(network.weights())),
            network.weights().parameters(),
            options);
    WeightLoader loader = new WeightLoader(program, checkpoint, network, progress, available);
    try {
      new Merger(program, loader, merged).all(network.weights());
      return new LanguageModel(checkpoint.config(), program, loader.finish());
    } catch (RuntimeException e) {
      loader.abandon();
      program.close();
      throw e;
    }
  }

  /** Keeps ids from ever being chosen: those of rows that no token has, for example. */
  public void bar(IntPredicate ids) {
    barredIds =
        IntStream.range(0, config.language().vocabulary()).filter(ids).asLongStream().toArray();
    barred.close();
    barred = scope.create(barredIds, new Shape(barredIds.length));
  }

  /** Whether an id is kept from being chosen: its logit is negative infinity. */
  public boolean bars(int id) {
    return Arrays.binarySearch(barredIds, id) >= 0;
  }

  /**
   * Brings an adapter to the device, to be applied to sequences without changing the weights.
   *
   * @throws io.owlmesh.core.OwlException BAD_CHECKPOINT if it does not fit the model
   */
  public LoraAdapter adapt(AdapterFile file) {
    file.validate(config);
    return LoraAdapter.load(file, program, config.languageNetwork().weights().adaptableModules());
  }

  /** The adapter that changes nothing. It must stay open as long as its sequences. */
  public LoraAdapter none() {
    return new LoraAdapter("", 0, 0, "", List.of(), program.newScope());
  }

  /**
   * An empty sequence.
   *
   * @param capacity positions it can grow to, at most {@link LanguageConfig#context}; decides how
   *     much memory its keys and values take
   * @param adapter must stay open as long as the sequence
   */
  public CachedSequence begin(int capacity, LoraAdapter adapter) {
    return new CachedSequence(this, capacity, adapter);
  }

  /** Room for keys and values of so many positions of any sequences. */
  public KeyValueCache cache(int positions) {
    return new KeyValueCache(this, positions);
  }

  /**
   * Copies keys and values to other slots, as two sequences that began as one need them.
   *
   * @param from first slot
   * @param to first slot; the two ranges do not overlap
   */
  public void copy(KeyValueCache cache, int from, int to, int slots) {
    try (Call call =
        program
            .call("copy")
            .with(cache.keys())
            .with(cache.values())
            .with(from)
            .with(to)
            .with(slots)) {
      call.run();
    }
  }

  /** Inputs without positions: for segments of generated ids alone. */
  public PromptEmbeddings nothing() {
    return nothing;
  }

  /**
   * Computes positions of several sequences together.
   *
   * @param segments at least one, none without rows; no two write to one slot
   */
  public ForwardResult step(KeyValueCache cache, List<Segment> segments) {
    int rows = segments.stream().mapToInt(Segment::rows).sum();
    if (rows <= mostRows && LlamaRows.takes(cache, segments)) {
      return fewRows.orElseThrow().step(cache, segments, barredIds);
    }
    return program(cache, segments);
  }

  /** Computes positions by the network's program. */
  ForwardResult program(KeyValueCache cache, List<Segment> segments) {
    List<LoraAdapter> adapters =
        segments.stream().map(Segment::adapter).filter(a -> !a.isNone()).distinct().toList();
    if (!listed.containsAll(adapters)) {
      list(adapters);
    }
    return new ForwardBatch(this, segments, listed).run(cache, loras);
  }

  /** The matrices of adapters by name; made when others are used than before. */
  private void list(List<LoraAdapter> adapters) {
    ScriptValue old = loras;
    loras = loras(adapters);
    listed = adapters;
    old.close();
  }

  private ScriptValue loras(List<LoraAdapter> adapters) {
    List<NDArray> matrices =
        adapters.stream().flatMap(adapter -> adapter.matrices().stream()).toList();
    try (TensorList list = new TensorList(matrices, program.newScope());
        Call call =
            program
                .call("language_loras")
                .with(list)
                .with(adapters.size())
                .with(config.language().layers())) {
      return call.value();
    }
  }

  private TensorList positionTables() {
    PtNDManager owner = program.newScope();
    try (Call call = program.call("position_tables").with(config.language().context()).with(like)) {
      return new TensorList(call.tensors(owner), owner);
    }
  }

  private NDArray keyBias() {
    try (Call call = program.call("key_bias").with(config.language().context()).with(like)) {
      return call.tensor(scope);
    }
  }

  public ModelConfig config() {
    return config;
  }

  /** Type of the arithmetic. */
  public DType dtype() {
    return weights.dtype();
  }

  /** How the matrices are kept. */
  public Quantization quantization() {
    return program.options().quantization();
  }

  /** Bytes of weights that one decode step reads: everything but the table of embeddings. */
  public long stepBytes() {
    return weights.stepBytes();
  }

  /** Parameters that each position is computed with: all but the table of embeddings. */
  public long matrixParameters() {
    LanguageConfig l = config.language();
    return config.languageNetwork().weights().parameters() - (long) l.vocabulary() * l.width();
  }

  Program program() {
    return program;
  }

  Weights weights() {
    return weights;
  }

  /** A tensor of the working type on the device. */
  NDArray like() {
    return like;
  }

  /** What is added to the scores of keys by their positions. */
  NDArray bias() {
    return bias;
  }

  /** Ids that are never chosen. */
  NDArray barred() {
    return barred;
  }

  /** What the program reads positions from. */
  TensorList tables() {
    return tables;
  }

  @Override
  public void close() {
    fewRows.ifPresent(LlamaRows::close);
    nothing.close();
    loras.close();
    tables.close();
    scope.close();
    weights.close();
    program.close();
  }
}
