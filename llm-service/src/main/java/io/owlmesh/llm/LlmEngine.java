// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm;

import io.opentelemetry.api.metrics.Meter;
import io.owlmesh.core.DType;
import io.owlmesh.core.SamplingParams;
import io.owlmesh.llm.adapters.AdapterRegistry;
import io.owlmesh.llm.engine.DecodingStrategy;
import io.owlmesh.llm.engine.EngineCounts;
import io.owlmesh.llm.engine.EnginePrompt;
import io.owlmesh.llm.engine.EngineRequest;
import io.owlmesh.llm.engine.SchedulerConfig;
import io.owlmesh.llm.engine.ServingEngine;
import io.owlmesh.llm.engine.TokenListener;
import io.owlmesh.llm.guided.Constraints;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.checkpoint.Part;
import io.owlmesh.model.checkpoint.WeightsDigest;
import io.owlmesh.model.family.LanguageConfig;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.ChatTemplate.Turn;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.model.text.Tokenizer;
import io.owlmesh.proto.stage.v1.AdapterVersion;
import io.owlmesh.proto.stage.v1.AdapterVersions;
import io.owlmesh.proto.stage.v1.Load;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.LoadingLog;
import io.owlmesh.runtime.Precision;
import io.owlmesh.runtime.Quantization;
import io.owlmesh.runtime.language.LanguageModel;
import io.owlmesh.runtime.language.LoraAdapter;
import io.owlmesh.runtime.language.Sampler;
import io.owlmesh.stage.BatchCounts;
import io.owlmesh.stage.HeldNames;
import io.owlmesh.stage.StageEngine;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntConsumer;

/** The language model, its tokeniser and adapters, and the engine that answers with them. */
public final class LlmEngine implements StageEngine {
  private final String name;
  private final ModelConfig config;
  private final String visionDigest;
  private final String abstractorDigest;
  private final String languageDigest;
  private final Tokenizer tokenizer;
  private final ChatTemplate template;
  private final String examples;
  private final Constraints constraints;
  private final Constraints continuing;
  private final LanguageModel model;
  private final AdapterRegistry adapters;
  private final ServingEngine serving;
  private final HeldImages heldImages;
  private final AnswerMetrics metrics;
  private volatile Versions versions = Versions.of(List.of());

  LlmEngine(LlmConfig settings, Meter meter, HeldNames held) {
    Checkpoint checkpoint = Checkpoint.open(settings.checkpoint());
    name = settings.checkpoint().toAbsolutePath().normalize().getFileName().toString();
    config = checkpoint.config();
    visionDigest = WeightsDigest.of(checkpoint, Part.VISION);
    abstractorDigest = WeightsDigest.of(checkpoint, Part.ABSTRACTOR);
    tokenizer = config.tokenizer(settings.checkpoint());
    config.requireEmbedded(tokenizer);
    template = config.chatTemplate(settings.checkpoint());
    examples = ExampleQuestions.of(settings.checkpoint());
    constraints = new Constraints(tokenizer, config.language().eos());
    continuing = constraints.continuing();
    Optional<AdapterFile> merged = settings.mergedAdapter().map(AdapterFile::open);
    String base = WeightsDigest.of(checkpoint, Part.LANGUAGE);
    languageDigest = merged.map(adapter -> base + "+" + adapter.name()).orElse(base);
    EngineOptions options =
        new EngineOptions(
            settings.device(),
            Precision.named(settings.dtype()),
            settings.threads(),
            Quantization.named(settings.quantize()));
    model =
        LanguageModel.load(checkpoint, options, merged, LoadingLog.of(checkpoint, Part.LANGUAGE));
    model.bar(id -> id >= tokenizer.size() || !config.answers(id));
    adapters = new AdapterRegistry(model, settings.adapters(), settings.adapterBytes());
    serving = new ServingEngine(model, limits(settings), held);
    heldImages = new HeldImages(settings.heldImageBytes(), held);
    metrics = new AnswerMetrics(meter, name, serving.counts());
    warmUp();
  }

  private SchedulerConfig limits(LlmConfig settings) {
    LanguageConfig l = config.language();
    long bytes = 2L * l.layers() * l.keyValueHeads() * l.headSize() * model.dtype().bytes();
    // More than all answers can fill would never be used.
    long most = (long) (settings.maxSequences() + 1) * l.context();
    return new SchedulerConfig(
        settings.maxSequences(),
        settings.maxBatchedTokens(),
        settings.decodeSlowdown(),
        (int) Math.min(most, Math.max(settings.cacheBytes() / bytes, 1)),
        settings.queue(),
        settings.numSpeculativeTokens(),
        settings.slowReader().toNanos());
  }

  /** The first tokens make the engine plan and allocate, which no caller should wait for. */
  private void warmUp() {
    AdapterRegistry.Lease none = adapters.acquire("");
    WarmUp reader = new WarmUp(new CompletableFuture<>());
    Sampler greedy = new Sampler(SamplingParams.GREEDY);
    Turn hello = new Turn(Role.HUMAN, "Hello", 0);
    Prompt prompt = template.prompt("", List.of(hello));
    serving.submit(
        new EngineRequest(
            new EnginePrompt(config.encode(prompt, tokenizer), List.of(), List.of()),
            List.of(),
            none.adapter(),
            new DecodingStrategy.Samples(List.of(greedy::choose)),
            4,
            0,
            Long.MAX_VALUE,
            reader));
    reader.end.join();
    serving.counts().warmedUp();
    none.release();
  }

  /** Adapters, and how they are told. */
  private record Versions(List<LoraAdapter> adapters, AdapterVersions message) {
    static Versions of(List<LoraAdapter> adapters) {
      AdapterVersions.Builder message = AdapterVersions.newBuilder();
      for (LoraAdapter adapter : adapters) {
        message.addAdapters(
            AdapterVersion.newBuilder().setName(adapter.name()).setDigest(adapter.digest()));
      }
      return new Versions(adapters, message.build());
    }
  }

  /** Waits for the first answer. */
  private record WarmUp(CompletableFuture<Boolean> end) implements TokenListener {
    @Override
    public void finished() {
      end.complete(true);
    }

    @Override
    public void failed(RuntimeException why) {
      end.completeExceptionally(why);
    }
  }

  @Override
  public Load load() {
    EngineCounts counts = serving.counts();
    return Load.newBuilder()
        .setWaiting(counts.waiting() + serving.arriving())
        .setRunning(counts.running())
        .setWaitingPositions(counts.unreadPositions() + serving.arrivingPositions())
        .setRunningPositions(counts.heldPositions())
        .setMaxRunning(serving.limits().maxSequences())
        .setFreeBlocks(counts.blocks() - counts.blocksHeld())
        .setBlocks(counts.blocks())
        .setPrefillRate(counts.prefillRate())
        .setDecodeRate(counts.decodeRate())
        .build();
  }

  @Override
  public BatchCounts batches() {
    EngineCounts counts = serving.counts();
    return new BatchCounts(counts.steps(), counts.rows(), counts.nativeNanos());
  }

  @Override
  public void onBatch(IntConsumer listener) {
    serving.counts().onStep(listener);
  }

  @Override
  public Optional<AdapterVersions> adapterVersions() {
    List<LoraAdapter> now = adapters.list();
    Versions last = versions;
    if (!last.adapters.equals(now)) {
      last = Versions.of(now);
      versions = last;
    }
    return Optional.of(last.message);
  }

  /** Name of the checkpoint's folder. */
  public String name() {
    return name;
  }

  public ServingEngine serving() {
    return serving;
  }

  public AnswerMetrics metrics() {
    return metrics;
  }

  public ModelConfig config() {
    return config;
  }

  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /** By which dialogues are to be laid out. */
  public ChatTemplate template() {
    return template;
  }

  /** Questions that fit the model, as a JSON array; empty if there are none. */
  public String examples() {
    return examples;
  }

  /**
   * What answers may have to match.
   *
   * @param continues whether they go on from the prompt's last text
   */
  public Constraints constraints(boolean continues) {
    return continues ? continuing : constraints;
  }

  /** To be used on the engine's thread alone. */
  public LanguageModel model() {
    return model;
  }

  public AdapterRegistry adapters() {
    return adapters;
  }

  public HeldImages heldImages() {
    return heldImages;
  }

  /** Type of the arithmetic. */
  public DType dtype() {
    return model.dtype();
  }

  /** Digest of the vision weights whose tokens fit, hex. */
  public String visionDigest() {
    return visionDigest;
  }

  /** Digest of the abstractor's weights whose tokens fit, hex. */
  public String abstractorDigest() {
    return abstractorDigest;
  }

  /** Digest of the weights, hex; with the name of the merged adapter, if there is one. */
  public String languageDigest() {
    return languageDigest;
  }

  @Override
  public void close() {
    metrics.close();
    serving.close();
    adapters.close();
    model.close();
  }
}
