// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.api.OpenTelemetry;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.OrchestratorConfig;
import io.owlmesh.orchestrator.audit.AuditLog;
import io.owlmesh.orchestrator.limits.RateLimits;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.orchestrator.store.OperatorStore;
import io.owlmesh.wire.TestConfig;
import io.owlmesh.wire.tls.MeshTls;
import io.quarkus.runtime.StartupEvent;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** What is behind the front doors, on stages that say back what they are shown. */
public final class FakeMesh implements AutoCloseable {
  /** Whether something beside the stages does not work. */
  public volatile boolean missing;

  public final FakeStages stages;
  public final OrchestratorConfig settings;
  public final MeshGateway gateway;
  public final AdmissionControl answers;
  public final MeshOperations operations;

  /**
   * A mesh that is whole.
   *
   * @param name of its in-process server
   * @param changed settings that differ from the defaults
   */
  public FakeMesh(String name, Map<String, String> changed) throws Exception {
    this(name, changed, RateLimits.none(), AuditLog.none());
  }

  /** As above, for callers who may not ask for as much as they want, or who are noted. */
  public FakeMesh(String name, Map<String, String> changed, RateLimits limits, AuditLog audit)
      throws Exception {
    stages = new FakeStages(name);
    String address = stages.address;
    Map<String, String> properties =
        new HashMap<>(Map.of("owl.vision", address, "owl.abstractor", address, "owl.llm", address));
    properties.putAll(changed);
    settings = TestConfig.of(OrchestratorConfig.class, properties);
    gateway =
        new MeshGateway(
            settings, new FakeStages.Untraced(), MeshTls.none(), List.of(this::checkNeeded));
    answers =
        new AdmissionControl(
            gateway,
            settings,
            limits,
            audit,
            OpenTelemetry.noop().getTracer("test"),
            OpenTelemetry.noop().getMeter("test"));
    operations =
        new MeshOperations(
            gateway, answers, OperatorStore.none(), OpenTelemetry.noop().getMeter("test"));
    gateway.started(new StartupEvent());
    awaitWhole();
  }

  private void checkNeeded() {
    if (missing) {
      throw new OwlException(Fault.UNAVAILABLE, "", "the disk is full");
    }
  }

  /** Waits until all answers are over, and counted. */
  public void awaitNoAnswer() throws InterruptedException {
    answers.awaitNone(Duration.ofSeconds(30));
  }

  private void awaitWhole() throws InterruptedException {
    for (int tries = 0; ; tries++) {
      try {
        gateway.requireAny();
        return;
      } catch (RuntimeException e) {
        if (tries > 300) {
          throw e;
        }
        TimeUnit.MILLISECONDS.sleep(50);
      }
    }
  }

  /** Whether health says so. */
  public boolean serving() {
    CompletableFuture<HealthCheckResponse> answer = new CompletableFuture<>();
    ((HealthGrpc.HealthImplBase) gateway.health().getHealthService())
        .check(
            HealthCheckRequest.getDefaultInstance(),
            new StreamObserver<>() {
              @Override
              public void onNext(HealthCheckResponse response) {
                answer.complete(response);
              }

              @Override
              public void onError(Throwable failure) {
                answer.completeExceptionally(failure);
              }

              @Override
              public void onCompleted() {}
            });
    return answer.join().getStatus() == HealthCheckResponse.ServingStatus.SERVING;
  }

  /** Looks at images so far, but for the warmUp's. */
  public int visionCalls() {
    return stages.looks.get();
  }

  /** Questions to the language model so far. */
  public int llmCalls() {
    return stages.questions.get();
  }

  /** Tokens that left the language model so far. */
  public int tokensSent() {
    return stages.tokensSent.get();
  }

  /** The stage that fails on demand. */
  public StageKind llm() {
    return StageKind.LLM;
  }

  @Override
  public void close() {
    gateway.close();
    stages.close();
  }
}
