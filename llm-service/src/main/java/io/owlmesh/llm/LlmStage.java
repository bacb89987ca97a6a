// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm;

import io.opentelemetry.api.metrics.Meter;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.stage.Loading;
import io.quarkus.runtime.Quarkus;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/** The engine of this service from its start to its end. */
@Singleton
public class LlmStage {
  private static final Logger LOG = Logger.getLogger(LlmStage.class);

  private final Loading<LlmEngine> loading;

  @Inject
  public LlmStage(LlmConfig settings, Meter meter) {
    loading =
        new Loading<>(
            LanguageModelGrpc.SERVICE_NAME, () -> new LlmEngine(settings, meter), LlmStage::stop);
  }

  private static void stop(Throwable failure) {
    LOG.fatal("The language model service cannot start: " + failure.getMessage(), failure);
    Quarkus.asyncExit(1);
  }

  /** The engine; UNAVAILABLE while its weights are loading. */
  public LlmEngine engine() {
    return loading.get();
  }

  public Loading<LlmEngine> loading() {
    return loading;
  }

  @PreDestroy
  public void close() {
    loading.close();
  }
}
