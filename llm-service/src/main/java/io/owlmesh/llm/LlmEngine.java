// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm;

import io.owlmesh.model.DType;
import io.owlmesh.model.OwlConfig;
import io.owlmesh.model.OwlException;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.checkpoint.Part;
import io.owlmesh.model.checkpoint.WeightsDigest;
import io.owlmesh.model.engine.Batcher;
import io.owlmesh.model.engine.EngineOptions;
import io.owlmesh.model.engine.LoadingLog;
import io.owlmesh.model.engine.Precision;
import io.owlmesh.model.language.Embeddings;
import io.owlmesh.model.language.LanguageModel;
import io.owlmesh.model.language.Sequence;
import io.owlmesh.model.text.Tokenizer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * The language model and the one thread that owns it: one piece of work at a time, in the order of
 * arrival.
 */
public final class LlmEngine implements AutoCloseable {
  private final OwlConfig config;
  private final String visionDigest;
  private final String abstractorDigest;
  private final String languageDigest;
  private final Tokenizer tokenizer;
  private final LanguageModel model;
  private final Adapters adapters;
  private final Batcher<Supplier<?>, Object> queue;

  LlmEngine(LlmConfig settings) {
    Checkpoint checkpoint = Checkpoint.open(settings.checkpoint());
    config = checkpoint.config();
    visionDigest = WeightsDigest.of(checkpoint, Part.VISION);
    abstractorDigest = WeightsDigest.of(checkpoint, Part.ABSTRACTOR);
    tokenizer = Tokenizer.open(settings.checkpoint());
    Optional<AdapterFile> merged = settings.mergedAdapter().map(AdapterFile::open);
    String base = WeightsDigest.of(checkpoint, Part.LANGUAGE);
    languageDigest = merged.map(adapter -> base + "+" + adapter.name()).orElse(base);
    EngineOptions options =
        new EngineOptions(settings.device(), Precision.named(settings.dtype()), settings.threads());
    model =
        LanguageModel.load(checkpoint, options, merged, LoadingLog.of(checkpoint, Part.LANGUAGE));
    adapters = new Adapters(model, settings.adapters());
    queue =
        new Batcher<>(
            "language model",
            1,
            settings.queue(),
            work -> work.stream().<Object>map(Supplier::get).toList());
    run(this::warmUp, Long.MAX_VALUE).join();
  }

  /** The first tokens make the engine plan and allocate, which no caller should wait for. */
  private float[] warmUp() {
    int[] prompt = {config.language().bos(), config.language().bos()};
    try (Embeddings inputs = Embeddings.of(model, prompt, new int[0], List.of());
        Sequence sequence = model.begin(4, adapters.get(""))) {
      sequence.append(inputs, 0, 1);
      sequence.append(inputs, 1, 2);
      sequence.append(config.language().bos());
      return sequence.append(config.language().bos());
    }
  }

  /** Work that the owner thread did, and how long it waited before. */
  record Done<T>(T value, long queueNanos) {}

  /**
   * Runs work on the thread that owns the model.
   *
   * @param deadline {@link System#nanoTime} after which nobody wants the result
   * @throws OwlException SATURATED if too much waits
   */
  @SuppressWarnings("unchecked") // The value is that of the supplier.
  <T> CompletableFuture<Done<T>> run(Supplier<T> work, long deadline) {
    CompletableFuture<Batcher.Done<Object>> task = queue.submit(work, deadline);
    CompletableFuture<Done<T>> result =
        task.thenApply(done -> new Done<>((T) done.value(), done.queueNanos()));
    result.whenComplete((_, _) -> task.cancel(false));
    return result;
  }

  OwlConfig config() {
    return config;
  }

  Tokenizer tokenizer() {
    return tokenizer;
  }

  /** To be used on the owner thread alone. */
  LanguageModel model() {
    return model;
  }

  Adapters adapters() {
    return adapters;
  }

  /** Type of the arithmetic. */
  DType dtype() {
    return model.dtype();
  }

  /** Digest of the vision weights whose tokens fit, hex. */
  String visionDigest() {
    return visionDigest;
  }

  /** Digest of the abstractor's weights whose tokens fit, hex. */
  String abstractorDigest() {
    return abstractorDigest;
  }

  /** Digest of the weights, hex; with the name of the merged adapter, if there is one. */
  String languageDigest() {
    return languageDigest;
  }

  @Override
  public void close() {
    queue.close();
    adapters.close();
    model.close();
  }
}
