// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.abstractor;

import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.checkpoint.Part;
import io.owlmesh.model.checkpoint.WeightsDigest;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.proto.stage.v1.Load;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.LoadingLog;
import io.owlmesh.runtime.Precision;
import io.owlmesh.runtime.connector.VisualAbstractor;
import io.owlmesh.stage.BatchCounts;
import io.owlmesh.stage.DynamicBatcher;
import io.owlmesh.stage.StageEngine;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.IntConsumer;

/**
 * Features [P, D] -> visual tokens [T, H], in batches, on the one thread that owns the abstractor.
 */
public final class AbstractorEngine implements StageEngine {
  private static final int MAX_QUESTION = 16_384;

  private final ModelConfig config;
  private final String visionDigest;
  private final String digest;
  private final VisualAbstractor abstractor;
  private final DynamicBatcher<Item, HostTensor> batcher;

  /**
   * Features of an image, and what is asked of it.
   *
   * @param attention whether to tell what the queries attend to in place of visual tokens
   */
  record Item(HostTensor features, String question, boolean attention) {}

  AbstractorEngine(AbstractorConfig settings) {
    Checkpoint checkpoint = Checkpoint.open(settings.checkpoint());
    config = checkpoint.config();
    visionDigest = WeightsDigest.of(checkpoint, Part.VISION);
    digest = WeightsDigest.of(checkpoint, Part.ABSTRACTOR);
    EngineOptions options =
        new EngineOptions(settings.device(), Precision.named(settings.dtype()), settings.threads());
    abstractor =
        VisualAbstractor.load(checkpoint, options, LoadingLog.of(checkpoint, Part.ABSTRACTOR));
    batcher =
        new DynamicBatcher<>("abstractor", settings.maxBatch(), settings.queue(), this::compute);
    warmUp();
  }

  private List<HostTensor> compute(List<Item> items) {
    Iterator<HostTensor> tokens = compute(items, false, abstractor::resample);
    Iterator<HostTensor> attention = compute(items, true, abstractor::attend);
    return items.stream().map(i -> (i.attention() ? attention : tokens).next()).toList();
  }

  private static Iterator<HostTensor> compute(
      List<Item> items,
      boolean attention,
      BiFunction<List<HostTensor>, List<String>, List<HostTensor>> work) {
    List<Item> these = items.stream().filter(i -> i.attention() == attention).toList();
    return these.isEmpty()
        ? Collections.emptyIterator()
        : work.apply(
                these.stream().map(Item::features).toList(),
                these.stream().map(Item::question).toList())
            .iterator();
  }

  /** The first images make the engine plan and allocate, which no caller should wait for. */
  private void warmUp() {
    int tokens = config.featureTokens();
    int width = config.featureWidth();
    HostTensor blank = HostTensor.ofFloats(new float[tokens * width], tokens, width);
    for (int i = 0; i < 2; i++) {
      batcher.submit(new Item(blank, "", false), Long.MAX_VALUE).join();
    }
    batcher.warmedUp();
  }

  /**
   * Resamples the features of an image, or tells what is attended to; cancelling the future gives
   * it up.
   *
   * @param deadline {@link System#nanoTime} after which nobody wants the result
   * @throws OwlException SATURATED if too many wait, BAD_INPUT if the question is too long
   */
  CompletableFuture<DynamicBatcher.Done<HostTensor>> submit(Item item, long deadline) {
    int length = item.question().length();
    if (length > MAX_QUESTION) {
      throw OwlException.badInput("question", length + " characters, the limit is " + MAX_QUESTION);
    }
    return batcher.submit(item, deadline);
  }

  /** Resamples features [P, D], as {@link #submit}. */
  CompletableFuture<DynamicBatcher.Done<HostTensor>> resample(
      HostTensor features, String question, long deadline) {
    return submit(new Item(features, question, false), deadline);
  }

  @Override
  public Load load() {
    return batcher.load();
  }

  /** Digest of the vision weights whose features fit, hex. */
  String visionDigest() {
    return visionDigest;
  }

  @Override
  public BatchCounts batches() {
    return batcher.batches();
  }

  @Override
  public void onBatch(IntConsumer listener) {
    batcher.onBatch(listener);
  }

  /** Digest of the weights, hex. */
  String digest() {
    return digest;
  }

  ModelConfig config() {
    return config;
  }

  /** Type of the arithmetic and of the visual tokens. */
  DType dtype() {
    return abstractor.dtype();
  }

  @Override
  public void close() {
    batcher.close();
    abstractor.close();
  }
}
