// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.vision;

import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import io.owlmesh.stage.Loading;
import io.quarkus.runtime.Quarkus;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

/** The engine of this service from its start to its end. */
@Singleton
public class VisionStage {
  private static final Logger LOG = Logger.getLogger(VisionStage.class);

  private final Loading<VisionEngine> loading;

  @Inject
  VisionStage(VisionConfig settings) {
    loading =
        new Loading<>(
            VisionEncoderGrpc.SERVICE_NAME, () -> new VisionEngine(settings), VisionStage::stop);
  }

  private static void stop(Throwable failure) {
    LOG.fatal("The vision service cannot start: " + failure.getMessage(), failure);
    Quarkus.asyncExit(1);
  }

  /** The engine; UNAVAILABLE while its weights are loading. */
  VisionEngine engine() {
    return loading.get();
  }

  Loading<VisionEngine> loading() {
    return loading;
  }

  @PreDestroy
  void close() {
    loading.close();
  }
}
