// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.grpc.ClientInterceptor;
import io.grpc.protobuf.services.HealthStatusManager;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.orchestrator.OrchestratorConfig;
import io.owlmesh.orchestrator.mesh.MeshHealth;
import io.owlmesh.orchestrator.mesh.MeshInfo;
import io.owlmesh.orchestrator.mesh.MeshReplicas;
import io.owlmesh.orchestrator.mesh.ReplicaSettings;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.orchestrator.mesh.StageTimeouts;
import io.owlmesh.orchestrator.mesh.discovery.ReplicaAddressSource;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.DescribeResponse;
import io.owlmesh.proto.chat.v1.GetAttentionResponse;
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

/** Everything behind the front doors, put together once. */
@Singleton
public final class MeshGateway {
  private final HealthStatusManager health = HealthService.starting(ChatGrpc.SERVICE_NAME);
  private final OrchestratorConfig settings;
  private final Iterable<Dependency> needed;
  private final MeshReplicas replicas;
  private final MeshHealth ready;
  private final Pipeline pipeline;
  private volatile boolean stopping;

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
    replicas =
        new MeshReplicas(
            Map.of(
                StageKind.VISION,
                    ReplicaAddressSource.of(
                        settings.vision(), "owl.vision", settings.dnsInterval()),
                StageKind.ABSTRACTOR,
                    ReplicaAddressSource.of(
                        settings.abstractor(), "owl.abstractor", settings.dnsInterval()),
                StageKind.LLM,
                    ReplicaAddressSource.of(settings.llm(), "owl.llm", settings.dnsInterval())),
            tracing,
            tls,
            ReplicaSettings.of(settings));
    pipeline = pipeline(settings.visualCacheBytes());
    Pipeline forgetful = pipeline(0); // It is to reach the stages each time.
    ready =
        new MeshHealth(
            replicas.groups(),
            health,
            mesh -> WarmUp.through(forgetful, mesh.template()),
            this::checkNeeded);
  }

  private Pipeline pipeline(long cacheBytes) {
    return new Pipeline(
        replicas,
        new VisualTokenCache(cacheBytes),
        StageTimeouts.of(settings),
        settings.attempts());
  }

  void started(@Observes StartupEvent event) {
    replicas.start();
    ready.start(settings.healthInterval());
  }

  MeshReplicas replicas() {
    return replicas;
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
    return ready.require();
  }

  private void checkNeeded() {
    needed.forEach(Dependency::check);
  }

  /**
   * Nothing happens if the mesh is whole and all else works.
   *
   * @throws OwlException UNAVAILABLE or OTHER_WEIGHTS, saying what is not, or that this process
   *     drains
   */
  public void requireReady() {
    if (stopping) {
      throw new OwlException(Fault.UNAVAILABLE, "", "draining: this orchestrator is stopped");
    }
    ready.require();
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
    return PromptLength.of(prompt, mesh().visualTokens(), bound, replicas);
  }

  /**
   * What the connector's queries attend to in a picture, blocking.
   *
   * @param question what is asked of it; of effect where the connector reads it
   * @throws OwlException as {@link #mesh}; BAD_INPUT if the file cannot be read
   */
  public GetAttentionResponse attention(ImageContent picture, String question) {
    MeshInfo mesh = mesh();
    return AttentionMaps.of(pipeline.attention(mesh, picture, question), mesh.readsQuestion());
  }

  /** Whether the mesh answers, for the health protocol. */
  public HealthStatusManager health() {
    return health;
  }

  /** Health says that no more work is taken. */
  void stopsServing() {
    stopping = true;
    ready.close();
  }

  @PreDestroy
  void close() {
    ready.close();
    replicas.close();
  }
}
