// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.orchestrator.OrchestratorConfig;
import io.owlmesh.orchestrator.mesh.MeshInfo;
import io.owlmesh.orchestrator.mesh.MeshReplicas;
import io.owlmesh.orchestrator.mesh.ModelHealth;
import io.owlmesh.orchestrator.mesh.ReplicaPool;
import io.owlmesh.orchestrator.mesh.StageFailure;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.orchestrator.mesh.StageTimeouts;
import io.owlmesh.orchestrator.mesh.discovery.ModelPlaces;
import io.owlmesh.orchestrator.mesh.discovery.ReplicaAddressSource;
import io.owlmesh.orchestrator.mesh.discovery.ReplicaAddresses;
import io.owlmesh.proto.chat.v1.GetAttentionResponse;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/** One of the models that answer: its replicas, what they say of it, and the path through them. */
public final class MeshModel implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(MeshModel.class);

  private final ModelPlaces places;
  private final OrchestratorConfig settings;
  private final MeshReplicas replicas;
  private final ModelHealth ready;
  private final Pipeline pipeline;
  private volatile String told = "";
  private final Set<ActiveAnswer> answers = new HashSet<>();
  private boolean retired;

  /**
   * @param pool where models find replicas that they share
   * @param cache of visual tokens of all models
   */
  MeshModel(
      ModelPlaces places, OrchestratorConfig settings, ReplicaPool pool, VisualTokenCache cache) {
    this.places = places;
    this.settings = settings;
    this.replicas =
        new MeshReplicas(
            places.name(),
            Map.of(
                StageKind.VISION, source(places.vision(), StageKind.VISION),
                StageKind.ABSTRACTOR, source(places.abstractor(), StageKind.ABSTRACTOR),
                StageKind.LLM, source(places.llm(), StageKind.LLM)),
            pool);
    this.pipeline = pipeline(cache);
    Pipeline forgetful = pipeline(new VisualTokenCache(0)); // It is to reach the stages each time.
    this.ready =
        new ModelHealth(
            places.name(), replicas.groups(), mesh -> WarmUp.through(forgetful, mesh.template()));
  }

  private ReplicaAddresses source(String setting, StageKind stage) {
    String field =
        places.name().isEmpty()
            ? "owl." + stage.label()
            : "%s of model %s".formatted(stage.label(), places.name());
    return ReplicaAddressSource.of(setting, field, settings.dnsInterval());
  }

  private Pipeline pipeline(VisualTokenCache cache) {
    return new Pipeline(replicas, cache, StageTimeouts.of(settings), settings.attempts());
  }

  /**
   * Begins to look after its replicas.
   *
   * @param tried whether it was tried out before, by other addresses
   */
  void start(boolean tried) {
    replicas.start();
    ready.start(settings.healthInterval(), tried);
  }

  /** Whether it was tried out. */
  boolean isTried() {
    return ready.isTried();
  }

  ModelPlaces places() {
    return places;
  }

  MeshReplicas replicas() {
    return replicas;
  }

  Pipeline pipeline() {
    return pipeline;
  }

  /** What requests choose it by; empty as long as its stages have not said what it is called. */
  public String name() {
    return places.name().isEmpty() ? told : places.name();
  }

  /** The name that it was given; empty for the one that the settings tell. */
  public String configuredName() {
    return places.name();
  }

  /** The adapter of requests that name none; empty for the base model alone. */
  public String defaultAdapter() {
    return places.defaultAdapter();
  }

  /**
   * What its stages serve together.
   *
   * @throws OwlException UNAVAILABLE or OTHER_WEIGHTS, saying which stage
   */
  public MeshInfo mesh() {
    MeshInfo mesh = ready.require();
    told = mesh.model();
    return mesh;
  }

  /**
   * How its dialogues are laid out.
   *
   * @throws OwlException as {@link #mesh}
   */
  public ChatTemplate template() {
    return mesh().template();
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
    return tellingFaults(() -> pipeline.attention(mesh, picture, question));
  }

  /**
   * What the visual stages make of a picture, blocking.
   *
   * @param features whether of the first stage, in place of visual tokens
   * @param question as above
   * @throws OwlException as {@link #attention}
   */
  public EncodedPicture encoding(ImageContent picture, boolean features, String question) {
    MeshInfo mesh = mesh();
    return tellingFaults(
        () -> EncodedPicture.of(pipeline.encoding(mesh, picture, features, question)));
  }

  /** A stage's failure as callers are told it. */
  private static <T> T tellingFaults(Supplier<T> work) {
    try {
      return work.get();
    } catch (StageFailure e) {
      throw e.fault();
    }
  }

  /**
   * Keeps it from being closed while an answer is in work.
   *
   * @return false if it was removed, or moved: then its name does not lead to it any more
   */
  synchronized boolean enter(ActiveAnswer answering) {
    if (!retired) {
      answers.add(answering);
    }
    return !retired;
  }

  synchronized void leave(ActiveAnswer answering) {
    answers.remove(answering);
    notifyAll();
  }

  /**
   * No new answer begins in it. Waits for those in work, and ends those that take too long.
   *
   * @return how many were ended
   */
  int retire(Duration patience) throws InterruptedException {
    List<ActiveAnswer> late;
    synchronized (this) {
      retired = true;
      long end = System.nanoTime() + patience.toNanos();
      for (long left = patience.toMillis(); left > 0 && !answers.isEmpty(); ) {
        wait(left);
        left = (end - System.nanoTime()) / 1_000_000;
      }
      late = List.copyOf(answers);
    }
    OwlException why =
        new OwlException(
            Fault.UNAVAILABLE, "model", "'%s' was removed while it answered".formatted(name()));
    for (ActiveAnswer answering : late) {
      try {
        answering.fail(why);
      } catch (RuntimeException e) { // Whoever listens to one holds up no other.
        LOG.error("Ending an answer of a removed model failed", e);
      }
    }
    return late.size();
  }

  @Override
  public void close() {
    ready.close();
    replicas.close();
  }
}
