// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.OrchestratorConfig;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.interceptor.Interceptor;
import java.time.Duration;
import org.jboss.logging.Logger;

/**
 * What happens on SIGTERM, before anything is stopped: health says so, new answers are refused, and
 * those in work may end until the time is up. Where the stages are in the same process they drain
 * after that, for answers in work still need them.
 */
@Singleton
final class AnswerDrain {
  private static final Logger LOG = Logger.getLogger(AnswerDrain.class);

  /** For what is said last, and for what is kept of it. */
  private static final Duration FLUSH = Duration.ofSeconds(2);

  private final MeshGateway gateway;
  private final AdmissionControl answers;
  private final Duration timeout;

  @Inject
  AnswerDrain(MeshGateway gateway, AdmissionControl answers, OrchestratorConfig settings) {
    this.gateway = gateway;
    this.answers = answers;
    this.timeout = settings.drainTimeout();
  }

  void stopping(
      @Observes @Priority(Interceptor.Priority.APPLICATION) ShutdownDelayInitiatedEvent event) {
    drain();
  }

  /** Returns when no answer is in work any more. */
  void drain() {
    gateway.stopsServing();
    answers.drain();
    try {
      if (!answers.awaitNone(timeout)) {
        LOG.warnf("Answers that are in work after %s are ended", timeout);
        answers.endAll(
            new OwlException(Fault.UNAVAILABLE, "", "draining: this orchestrator is stopped"));
        var _ = answers.awaitNone(FLUSH);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
