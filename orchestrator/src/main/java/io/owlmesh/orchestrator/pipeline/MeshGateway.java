// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.grpc.ClientInterceptor;
import io.grpc.protobuf.services.HealthStatusManager;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.orchestrator.OrchestratorConfig;
import io.owlmesh.orchestrator.mesh.MeshHealthMonitor;
import io.owlmesh.orchestrator.mesh.MeshInfo;
import io.owlmesh.orchestrator.mesh.StageChannels;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.orchestrator.mesh.StageTimeouts;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.DescribeResponse;
import io.owlmesh.wire.HealthService;
import io.owlmesh.wire.tls.MeshTls;
import io.quarkus.opentelemetry.runtime.tracing.instrumentation.grpc.GrpcTracingClientInterceptor;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.function.Supplier;

/** Everything behind the front doors, put together once. */
@Singleton
public final class MeshGateway {
  private final HealthStatusManager health = HealthService.starting(ChatGrpc.SERVICE_NAME);
  private final OrchestratorConfig settings;
  private final Iterable<Dependency> needed;
  private final StageChannels stages;
  private final MeshHealthMonitor watch;
  private final Pipeline pipeline;

  @Inject
  MeshGateway(
      OrchestratorConfig settings,
      GrpcTracingClientInterceptor tracing,
      MeshTls tls,
      Instance<Dependency> needed) {
    this(settings, tracing, tls, (Iterable<Dependency>) needed);
  }

  /**
   * @param needed what must work, too, for health to say SERVING
   */
  MeshGateway(
      OrchestratorConfig settings,
      ClientInterceptor tracing,
      MeshTls tls,
      Iterable<Dependency> needed) {
    this.settings = settings;
    this.needed = needed;
    stages =
        new StageChannels(
            Map.of(
                StageKind.VISION, settings.vision(),
                StageKind.ABSTRACTOR, settings.abstractor(),
                StageKind.LLM, settings.llm()),
            tracing,
            tls);
    pipeline = pipeline(settings.visualCacheBytes(), this::weights);
    // It is to reach the stages each time, and comes before the watch knows their weights.
    Pipeline forgetful = pipeline(0, () -> "");
    watch =
        new MeshHealthMonitor(
            stages, health, mesh -> WarmUp.through(forgetful, mesh.template()), this::checkNeeded);
  }

  private Pipeline pipeline(long cacheBytes, Supplier<String> weights) {
    return new Pipeline(
        stages,
        new VisualTokenCache(cacheBytes),
        weights,
        StageTimeouts.of(settings),
        settings.maxStageCalls(),
        settings.attempts());
  }

  private String weights() {
    return mesh().visualWeights();
  }

  void started(@Observes StartupEvent event) {
    watch.start(settings.healthInterval());
  }

  Pipeline pipeline() {
    return pipeline;
  }

  /**
   * What the stages serve together.
   *
   * @throws OwlException UNAVAILABLE or OTHER_WEIGHTS, saying which stage
   */
  public MeshInfo mesh() {
    return watch.require();
  }

  private void checkNeeded() {
    needed.forEach(Dependency::check);
  }

  /**
   * Nothing happens if the mesh is whole and all else works.
   *
   * @throws OwlException UNAVAILABLE or OTHER_WEIGHTS, saying what is not
   */
  public void requireReady() {
    watch.require();
    checkNeeded();
  }

  /**
   * How dialogues are laid out.
   *
   * @throws OwlException as {@link #mesh}
   */
  public ChatTemplate template() {
    return mesh().template();
  }

  /**
   * What the mesh serves, and the limits of requests.
   *
   * @throws OwlException as {@link #mesh}
   */
  public DescribeResponse describe() {
    MeshInfo mesh = mesh();
    return DescribeResponse.newBuilder()
        .setModel(mesh.model())
        .setContext(mesh.context())
        .setVisualTokens(mesh.visualTokens())
        .addAllAdapters(mesh.adapters())
        .setDefaultAdapter(settings.defaultAdapter().orElse(""))
        .setMaxImages(settings.maxImages())
        .setMaxImageBytes(settings.maxImageBytes())
        .addDigests(mesh.digests().vision())
        .addDigests(mesh.digests().abstractor())
        .addDigests(mesh.digests().language())
        .build();
  }

  /**
   * Positions that a prompt takes; asks the language model only if there may be more than a bound.
   *
   * @param bound below which any number is as good as another
   * @throws OwlException if the language model does not tell
   */
  public int positions(Prompt prompt, int bound) {
    return PromptLength.of(prompt, mesh().visualTokens(), bound, stages);
  }

  /** Whether the mesh answers, for the health protocol. */
  public HealthStatusManager health() {
    return health;
  }

  @PreDestroy
  void close() {
    watch.close();
    stages.close();
  }
}
