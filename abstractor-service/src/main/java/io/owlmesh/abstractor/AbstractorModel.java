// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.abstractor;

import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.stage.DynamicBatcher;
import io.owlmesh.stage.LineageCheck;
import io.owlmesh.stage.inference.Datatype;
import io.owlmesh.stage.inference.ServedModel;
import io.owlmesh.stage.inference.TensorSpec;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** The abstractor as a model of the Open Inference Protocol. */
@Singleton
public class AbstractorModel implements ServedModel {
  private static final String VISION_DIGEST = "vision_digest";

  private final AbstractorStage stage;
  private final AbstractorConfig settings;

  @Inject
  AbstractorModel(AbstractorStage stage, AbstractorConfig settings) {
    this.stage = stage;
    this.settings = settings;
  }

  @Override
  public String name() {
    return "abstractor";
  }

  @Override
  public int capacity() {
    return settings.queue();
  }

  @Override
  public boolean ready() {
    return stage.ready();
  }

  @Override
  public Loaded loaded() {
    return new Abstractor(stage.engine());
  }

  private record Abstractor(AbstractorEngine engine) implements Loaded {
    @Override
    public String digest() {
      return engine.digest();
    }

    @Override
    public TensorSpec input() {
      ModelConfig config = engine.config();
      return TensorSpec.numbers(
          "features", Datatype.of(engine.dtype()), config.featureTokens(), config.featureWidth());
    }

    @Override
    public TensorSpec output() {
      return TensorSpec.numbers(
          "visual_tokens",
          Datatype.of(engine.dtype()),
          engine.config().visualTokens(),
          engine.config().language().width());
    }

    /** Clients that know nothing of lineage are believed; the response then claims nothing. */
    @Override
    public Map<String, String> lineage(Map<String, String> claimed) {
      Map<String, String> lineage = new TreeMap<>();
      String vision = claimed.get(VISION_DIGEST);
      if (vision != null) {
        LineageCheck.require("parameters." + VISION_DIGEST, vision, engine.visionDigest());
        lineage.put(VISION_DIGEST, vision);
      }
      lineage.put("abstractor_digest", engine.digest());
      return lineage;
    }

    @Override
    public CompletableFuture<Computed> begin(HostTensor features, long deadline) {
      if (engine.config().readsQuestion()) {
        throw OwlException.badInput(
            "model_name", "this connector reads a question, which the protocol does not carry");
      }
      CompletableFuture<DynamicBatcher.Done<HostTensor>> work =
          engine.resample(features, "", deadline);
      CompletableFuture<Computed> result = work.thenApply(Computed::of);
      result.whenComplete((_, _) -> work.cancel(false));
      return result;
    }
  }
}
