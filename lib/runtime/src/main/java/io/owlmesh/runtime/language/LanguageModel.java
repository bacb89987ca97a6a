// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.core.DType;
import io.owlmesh.model.OwlConfig;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.checkpoint.ExpectedTensors;
import io.owlmesh.model.checkpoint.Part;
import io.owlmesh.runtime.Call;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.Program;
import io.owlmesh.runtime.Quantization;
import io.owlmesh.runtime.TensorList;
import io.owlmesh.runtime.WeightLoader;
import io.owlmesh.runtime.WeightOrder;
import io.owlmesh.runtime.Weights;
import java.util.List;
import java.util.Optional;

/**
 * The LLaMA: immutable weights over which {@link CachedSequence}s run, each with its own keys and
 * values. A model, its adapters and its sequences are used by one thread at a time.
 */
public final class LanguageModel implements AutoCloseable {
  /** The methods of the network. */
  public static final String PROGRAM = "/io/owlmesh/model/language/llama.py";

  /** The matrices of a layer, in the order of the program's {@code lora}. */
  public static final List<String> MATRICES =
      List.of(
          "self_attn.q_proj",
          "self_attn.k_proj",
          "self_attn.v_proj",
          "self_attn.o_proj",
          "mlp.gate_proj",
          "mlp.up_proj",
          "mlp.down_proj");

  private final OwlConfig config;
  private final Program program;
  private final Weights weights;
  private final PtNDManager scope;
  private final List<NDArray> rope;
  private final PromptEmbeddings nothing;
  private List<LoraAdapter> listed = List.of();
  private TensorList loras;

  private LanguageModel(OwlConfig config, Program program, Weights weights) {
    this.config = config;
    this.program = program;
    this.weights = weights;
    this.scope = program.newScope();
    this.rope = rope();
    this.nothing = PromptEmbeddings.of(this, new int[0], new int[0], List.of());
    this.loras = new TensorList(List.of(), program.newScope());
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
    checkpoint.requireComplete(Part.LANGUAGE);
    merged.ifPresent(adapter -> adapter.validate(checkpoint.config()));
    Program program =
        Program.load(
            List.of(PROGRAM),
            ExpectedTensors.of(checkpoint.config()).parameters(Part.LANGUAGE),
            options);
    WeightLoader loader =
        new WeightLoader(
            program,
            checkpoint,
            "language_model.model.norm.weight",
            options.quantization(),
            progress);
    try {
      order(checkpoint.config(), new Merger(program, loader, merged));
      return new LanguageModel(checkpoint.config(), program, loader.finish());
    } catch (RuntimeException e) {
      loader.abandon();
      program.close();
      throw e;
    }
  }

  /** The order of the program's {@code w}. */
  public static void order(OwlConfig config, WeightOrder loader) {
    loader.table("language_model.model.embed_tokens.weight");
    for (int i = 0; i < config.language().layers(); i++) {
      String layer = "language_model.model.layers." + i + ".";
      // The norms multiply in the working type: only their variance is computed in float32.
      loader.plain(layer + "input_layernorm.weight");
      MATRICES.subList(0, 4).forEach(name -> loader.matrix(layer + name + ".weight"));
      loader.plain(layer + "post_attention_layernorm.weight");
      MATRICES.subList(4, 7).forEach(name -> loader.matrix(layer + name + ".weight"));
    }
    loader.plain("language_model.model.norm.weight");
    loader.matrix("language_model.lm_head.weight");
  }

  private List<NDArray> rope() {
    OwlConfig.Language language = config.language();
    try (Call rope =
        program
            .call("rope")
            .with(language.context())
            .with(language.headSize())
            .with(language.ropeTheta())
            .with(weights.tensors())) {
      return rope.tensors(scope);
    }
  }

  /**
   * Brings an adapter to the device, to be applied to sequences without changing the weights.
   *
   * @throws io.owlmesh.core.OwlException BAD_CHECKPOINT if it does not fit the model
   */
  public LoraAdapter adapt(AdapterFile file) {
    file.validate(config);
    return LoraAdapter.load(file, program, config.language().layers(), MATRICES);
  }

  /** The adapter that changes nothing. It must stay open as long as its sequences. */
  public LoraAdapter none() {
    return new LoraAdapter("", 0, 0, "", List.of(), program.newScope());
  }

  /**
   * An empty sequence.
   *
   * @param capacity positions it can grow to, at most {@link OwlConfig.Language#context}; decides
   *     how much memory its keys and values take
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
    List<LoraAdapter> adapters =
        segments.stream().map(Segment::adapter).filter(a -> !a.isNone()).distinct().toList();
    if (!listed.containsAll(adapters)) {
      list(adapters);
    }
    return new ForwardBatch(this, segments, listed).run(cache, loras);
  }

  /** The matrices of adapters as one list; made when others are used than before. */
  private void list(List<LoraAdapter> adapters) {
    TensorList old = loras;
    loras =
        new TensorList(
            adapters.stream().flatMap(adapter -> adapter.matrices().stream()).toList(),
            program.newScope());
    listed = adapters;
    old.close();
  }

  public OwlConfig config() {
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
    OwlConfig.Language l = config.language();
    return ExpectedTensors.of(config).parameters(Part.LANGUAGE) - (long) l.vocabulary() * l.width();
  }

  Program program() {
    return program;
  }

  Weights weights() {
    return weights;
  }

  /** Cosines [context, headSize / 2]. */
  NDArray cosines() {
    return rope.get(0);
  }

  /** Sines [context, headSize / 2]. */
  NDArray sines() {
    return rope.get(1);
  }

  @Override
  public void close() {
    nothing.close();
    loras.close();
    scope.close();
    weights.close();
    program.close();
  }
}
