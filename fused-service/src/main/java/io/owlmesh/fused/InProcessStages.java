// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.fused;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.inprocess.InProcessServerBuilder;
import io.owlmesh.abstractor.AbstractorGrpcService;
import io.owlmesh.llm.grpc.LlmGrpcService;
import io.owlmesh.vision.VisionGrpcService;
import io.owlmesh.wire.identity.CallerHeader;
import io.quarkus.grpc.GrpcService;
import io.quarkus.opentelemetry.runtime.tracing.instrumentation.grpc.GrpcTracingServerInterceptor;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.concurrent.Executors;

/**
 * The stages where the front door finds them without a socket: the same services as in the mesh,
 * and messages that are handed over instead of written.
 */
@Singleton
final class InProcessStages {
  private static final String NAME = "stages";

  private final Server server;

  @Inject
  InProcessStages(
      @GrpcService VisionGrpcService vision,
      @GrpcService AbstractorGrpcService abstractor,
      @GrpcService LlmGrpcService llm,
      GrpcTracingServerInterceptor tracing) {
    server =
        InProcessServerBuilder.forName(NAME)
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            // On sockets Quarkus adds it by itself.
            .intercept(tracing)
            .intercept(CallerHeader.believing())
            .addService((BindableService) vision)
            .addService((BindableService) abstractor)
            .addService((BindableService) llm)
            .build();
  }

  void started(@Observes StartupEvent event) throws IOException {
    server.start();
  }

  @PreDestroy
  void stop() {
    server.shutdownNow();
  }
}
