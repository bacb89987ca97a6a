// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.abstractor;

import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.stage.Loading;
import io.quarkus.runtime.Quarkus;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/** The engine of this service from its start to its end. */
@Singleton
public class AbstractorStage {
  private static final Logger LOG = Logger.getLogger(AbstractorStage.class);

  private final Loading<AbstractorEngine> loading;

  @Inject
  AbstractorStage(AbstractorConfig settings) {
    loading =
        new Loading<>(
            VisualAbstractorGrpc.SERVICE_NAME,
            () -> new AbstractorEngine(settings),
            AbstractorStage::stop);
  }

  private static void stop(Throwable failure) {
    LOG.fatal("The abstractor service cannot start: " + failure.getMessage(), failure);
    Quarkus.asyncExit(1);
  }

  /** The engine; UNAVAILABLE while its weights are loading. */
  AbstractorEngine engine() {
    return loading.get();
  }

  Loading<AbstractorEngine> loading() {
    return loading;
  }

  @PreDestroy
  void close() {
    loading.close();
  }
}
