// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.grpc.ClientInterceptor;
import io.grpc.protobuf.services.HealthStatusManager;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.OrchestratorConfig;
import io.owlmesh.orchestrator.mesh.MeshHealth;
import io.owlmesh.orchestrator.mesh.MeshInfo;
import io.owlmesh.orchestrator.mesh.ReplicaPool;
import io.owlmesh.orchestrator.mesh.ReplicaSettings;
import io.owlmesh.orchestrator.mesh.discovery.ModelFolder;
import io.owlmesh.orchestrator.mesh.discovery.ModelPlaces;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.DescribeResponse;
import io.owlmesh.proto.chat.v1.ListModelsResponse;
import io.owlmesh.wire.HealthService;
import io.owlmesh.wire.tls.MeshTls;
import io.quarkus.opentelemetry.runtime.tracing.instrumentation.grpc.GrpcTracingClientInterceptor;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Everything behind the front doors, put together once. */
@Singleton
public final class MeshGateway {
  private final HealthStatusManager health = HealthService.starting(ChatGrpc.SERVICE_NAME);
  private final OrchestratorConfig settings;
  private final Iterable<Dependency> needed;
  private final ReplicaPool pool;
  private final ModelRegistry models;
  private final Optional<ModelFolder> folder;
  private final MeshHealth ready;
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
    pool = new ReplicaPool(tracing, tls, ReplicaSettings.of(settings));
    VisualTokenCache cache = new VisualTokenCache(settings.visualCacheBytes());
    models =
        new ModelRegistry(
            places -> new MeshModel(places, settings, pool, cache),
            own(settings),
            settings.defaultModel().orElse(""),
            settings.drainTimeout());
    folder = settings.models().map(path -> new ModelFolder(Path.of(path)));
    ready = new MeshHealth(health, this::requireAny, this::checkNeeded);
  }

  /** The model that the settings tell; nothing if one of the folder takes its place. */
  private static @Nullable ModelPlaces own(OrchestratorConfig settings) {
    if (settings.defaultModel().isPresent()) {
      String name = ModelPlaces.requireName("owl.default-model", settings.defaultModel().get());
      if (settings.models().isEmpty()) {
        throw OwlException.badInput("owl.default-model", name + " needs owl.models");
      }
      return null;
    }
    return new ModelPlaces(
        "",
        settings.vision(),
        settings.abstractor(),
        settings.llm(),
        settings.defaultAdapter().orElse(""));
  }

  void started(@Observes StartupEvent event) {
    models.start();
    folder.ifPresent(files -> files.watch(models::told));
    ready.start(settings.healthInterval());
  }

  /** Replicas of all models. */
  ReplicaPool pool() {
    return pool;
  }

  /** All models, the one of the settings first. */
  public List<MeshModel> models() {
    return models.all();
  }

  /**
   * A model.
   *
   * @param field where the name comes from
   * @param name empty for the one of requests that name none
   * @throws OwlException MODEL_NOT_FOUND naming the field; UNAVAILABLE if it is not known yet what
   *     the model of the settings is called
   */
  public MeshModel model(String field, String name) {
    return models.get(field, name);
  }

  /** Whether requests that name no model mean this one. */
  boolean isDefault(MeshModel model) {
    return models.isDefault(model);
  }

  /**
   * The folder that models are added to and removed from.
   *
   * @throws OwlException CONFLICT if there is none
   */
  ModelFolder folder() {
    return folder.orElseThrow(() ->
        new OwlException(
            Fault.CONFLICT, "", "this orchestrator has no folder of models; OWL_MODELS names one"));
  }

  /**
   * Nothing happens if a model can be asked.
   *
   * @throws OwlException UNAVAILABLE or OTHER_WEIGHTS, saying which stage of the first one
   */
  void requireAny() {
    OwlException first = null;
    for (MeshModel model : models.all()) {
      try {
        model.mesh();
        return;
      } catch (OwlException e) {
        first = first == null ? e : first;
      }
    }
    throw first == null ? new OwlException(Fault.UNAVAILABLE, "", "there is no model yet") : first;
  }

  private void checkNeeded() {
    needed.forEach(Dependency::check);
  }

  /**
   * Nothing happens if a model can be asked and all else works.
   *
   * @throws OwlException UNAVAILABLE or OTHER_WEIGHTS, saying what is not, or that this process
   *     drains
   */
  public void requireReady() {
    if (stopping) {
      throw new OwlException(Fault.UNAVAILABLE, "", "draining: this orchestrator is stopped");
    }
    requireAny();
    checkNeeded();
  }

  /**
   * What a model serves, and the limits of requests.
   *
   * @param name empty for the one of requests that name none
   * @throws OwlException as {@link #model} and {@link MeshModel#mesh}
   */
  public DescribeResponse describe(String name) {
    MeshModel model = model("model", name);
    MeshInfo mesh = model.mesh();
    return DescribeResponse.newBuilder()
        .setModel(mesh.model())
        .setContext(mesh.context())
        .setDefaultMaxNewTokens(mesh.usualNewTokens())
        .setVisualTokens(mesh.visualTokens())
        .addAllAdapters(mesh.adapters())
        .setDefaultAdapter(model.defaultAdapter())
        .setMaxImages(settings.maxImages())
        .setMaxImageBytes(settings.maxImageBytes())
        .addDigests(mesh.digests().vision())
        .addDigests(mesh.digests().abstractor())
        .addDigests(mesh.digests().language())
        .addAllModels(models.names())
        .build();
  }

  /**
   * Questions that fit a model, as a JSON array.
   *
   * @param name empty for the one of requests that name none
   * @throws OwlException as {@link #model} and {@link MeshModel#mesh}
   */
  public String examples(String name) {
    return model("model", name).mesh().examples();
  }

  /** All models, and which of them can be asked. */
  public ListModelsResponse listModels() {
    return ListModelsResponse.newBuilder()
        .addAllModels(
            models.all().stream().map(one -> ModelView.state(one, isDefault(one))).toList())
        .build();
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
    folder.ifPresent(ModelFolder::close);
    models.close();
  }
}
