// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator;

import io.grpc.protobuf.services.HealthStatusManager;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.wire.HealthService;
import io.quarkus.opentelemetry.runtime.tracing.instrumentation.grpc.GrpcTracingClientInterceptor;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Map;

/** Everything behind the front door, put together once. */
@Singleton
final class Front {
  private final HealthStatusManager health = HealthService.starting(ChatGrpc.SERVICE_NAME);
  private final OrchestratorConfig settings;
  private final Stages stages;
  private final Watch watch;
  private final Pipeline pipeline;

  @Inject
  Front(OrchestratorConfig settings, GrpcTracingClientInterceptor tracing) {
    this.settings = settings;
    stages =
        new Stages(
            Map.of(
                Stage.VISION, settings.vision(),
                Stage.ABSTRACTOR, settings.abstractor(),
                Stage.LLM, settings.llm()),
            tracing);
    pipeline = new Pipeline(stages, settings.maxStageCalls(), settings.attempts());
    watch = new Watch(stages, health, () -> Rehearsal.through(pipeline));
  }

  void started(@Observes StartupEvent event) {
    watch.start(settings.watch());
  }

  Watch watch() {
    return watch;
  }

  Pipeline pipeline() {
    return pipeline;
  }

  HealthStatusManager health() {
    return health;
  }

  @PreDestroy
  void close() {
    watch.close();
    stages.close();
  }
}
