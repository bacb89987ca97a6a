// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.vision;

import io.owlmesh.core.HostTensor;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.stage.DynamicBatcher;
import io.owlmesh.stage.inference.Datatype;
import io.owlmesh.stage.inference.ServedModel;
import io.owlmesh.stage.inference.ServedModel.Computed;
import io.owlmesh.stage.inference.TensorSpec;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * The encoder as models of the Open Inference Protocol: one for image files, one for pixels that a
 * client has prepared. They are two because the protocol knows no input that may be left out.
 */
@Singleton
public class VisionModels {
  private final VisionStage stage;
  private final VisionConfig settings;

  @Inject
  VisionModels(VisionStage stage, VisionConfig settings) {
    this.stage = stage;
    this.settings = settings;
  }

  /** Both models. */
  public List<ServedModel> all() {
    return List.of(
        new Named("vision", VisionModels::files, stage, settings.queue()),
        new Named("vision_pixels", VisionModels::pixels, stage, settings.queue()));
  }

  private record Named(
      String name, Function<VisionEngine, ServedModel.Loaded> open, VisionStage stage, int capacity)
      implements ServedModel {
    @Override
    public boolean ready() {
      return stage.ready();
    }

    @Override
    public Loaded loaded() {
      return open.apply(stage.engine());
    }
  }

  private static ServedModel.Loaded files(VisionEngine engine) {
    return new Encoder(
        engine,
        TensorSpec.bytes("image"),
        (file, deadline) -> {
          CompletableFuture<VisionEngine.Encoded> work =
              engine.encode(file.bytes(), false, deadline);
          return following(work, work.thenApply(VisionModels::computed));
        });
  }

  private static ServedModel.Loaded pixels(VisionEngine engine) {
    int size = engine.config().imageSize();
    return new Encoder(
        engine,
        TensorSpec.numbers("pixel_values", Datatype.FP32, 3, size, size),
        (pixels, deadline) -> {
          CompletableFuture<DynamicBatcher.Done<HostTensor>> work = engine.encode(pixels, deadline);
          return following(work, work.thenApply(Computed::of));
        });
  }

  /** Cancelling what follows from some work gives up the work. */
  private static CompletableFuture<Computed> following(
      CompletableFuture<?> work, CompletableFuture<Computed> result) {
    result.whenComplete((_, _) -> work.cancel(false));
    return result;
  }

  private static Computed computed(VisionEngine.Encoded encoded) {
    return new Computed(
        encoded.features(),
        encoded.queueNanos(),
        encoded.prepareNanos(),
        encoded.computeNanos(),
        encoded.batch(),
        encoded.batchSize());
  }

  /** The way of one image through the engine. */
  private interface Way {
    CompletableFuture<Computed> begin(HostTensor image, long deadline);
  }

  private record Encoder(VisionEngine engine, TensorSpec input, Way way)
      implements ServedModel.Loaded {
    @Override
    public String digest() {
      return engine.digest();
    }

    @Override
    public TensorSpec output() {
      ModelConfig config = engine.config();
      return TensorSpec.numbers(
          "features", Datatype.of(engine.dtype()), config.featureTokens(), config.featureWidth());
    }

    @Override
    public Map<String, String> lineage(Map<String, String> claimed) {
      return Map.of("vision_digest", engine.digest());
    }

    @Override
    public CompletableFuture<Computed> begin(HostTensor image, long deadline) {
      return way.begin(image, deadline);
    }
  }
}
