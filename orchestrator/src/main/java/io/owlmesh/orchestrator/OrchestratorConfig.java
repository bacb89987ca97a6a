// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Settings of the orchestrator; each is also an environment variable, as {@code OWL_VISION}. */
@ConfigMapping(prefix = "owl")
public interface OrchestratorConfig {
  /**
   * Where the replicas of the vision service are, as {@link
   * io.owlmesh.orchestrator.mesh.discovery.ReplicaAddressSource} reads it.
   */
  @WithDefault("127.0.0.1:9001")
  String vision();

  /** The same of the abstractor service. */
  @WithDefault("127.0.0.1:9002")
  String abstractor();

  /** The same of the language model service. */
  @WithDefault("127.0.0.1:9003")
  String llm();

  /**
   * Folder with a file {@code NAME.model} for each further model, as {@link
   * io.owlmesh.orchestrator.mesh.discovery.ModelFolder} reads it; without it there is one model.
   */
  Optional<String> models();

  /**
   * Model of the folder that answers requests that name none; then the addresses above are not
   * read. Without it they tell that model.
   */
  Optional<String> defaultModel();

  /** How often DNS is asked where it tells the replicas. */
  @WithDefault("5S")
  Duration dnsInterval();

  /** Answers in work at a time; more wait. */
  @WithDefault("64")
  int maxAnswers();

  /** Answers that wait for a place; more are refused at once. */
  @WithDefault("256")
  int maxWaitingAnswers();

  /** Images of one conversation at most. */
  @WithDefault("16")
  int maxImages();

  /** Largest image file, bytes; that of the vision service should not be smaller. */
  @WithDefault("20971520")
  int maxImageBytes();

  /** All image files of one conversation together, bytes. */
  @WithDefault("67108864")
  long maxRequestBytes();

  /** All image files of all conversations in work, bytes; more are refused at once. */
  @WithDefault("201326592")
  long maxUploadBytes();

  /** All image files that a tenant keeps, bytes; more are refused. */
  @WithDefault("68719476736")
  long maxTenantBytes();

  /** How long a request that arrives may come slower than 4 KiB a second. */
  @WithDefault("20S")
  Duration requestPatience();

  /** Time for an answer whose caller sets no deadline. */
  @WithDefault("10M")
  Duration deadline();

  /** Time for answers in work when the service is asked to stop; the rest is ended then. */
  @WithDefault("30S")
  Duration drainTimeout();

  /** How long the vision and the abstractor stage may take to the next image. */
  @WithDefault("60S")
  Duration imageTimeout();

  /** How long the language model may take to the first token, waiting for its turn included. */
  @WithDefault("3M")
  Duration firstTokenTimeout();

  /** How long it may take from one token to the next. */
  @WithDefault("60S")
  Duration tokenTimeout();

  /** Calls to one replica at a time; more are refused. */
  @WithDefault("64")
  int maxStageCalls();

  /** Tries of a stage's work that failed, on other replicas, unless something came between. */
  @WithDefault("3")
  int attempts();

  /** Visual tokens kept for images that come again, bytes; 0 keeps none. */
  @WithDefault("268435456")
  long visualCacheBytes();

  /** Adapter of requests that name none; the base model alone if there is none. */
  Optional<String> defaultAdapter();

  /** How the language model's replica is chosen. */
  @WithDefault("expected-time")
  String placement();

  /** How long a new replica takes to get its full share of work. */
  @WithDefault("10S")
  Duration slowStart();

  /** How often the replicas are asked whether they are there and fit together. */
  @WithDefault("1S")
  Duration healthInterval();
}
