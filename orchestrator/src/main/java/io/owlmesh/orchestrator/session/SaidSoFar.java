// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.owlmesh.model.OwlException;
import io.owlmesh.orchestrator.store.Turn;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/** Keeps what was said of an answer, so that a crash loses no more than its last second. */
final class SaidSoFar {
  private static final Logger LOG = Logger.getLogger(SaidSoFar.class);
  private static final long PAUSE_NANOS = 1_000_000_000;

  private final Sessions.Means means;
  private final Turn turn;
  private final AtomicBoolean busy = new AtomicBoolean();
  private volatile long keptAt = System.nanoTime();

  SaidSoFar(Sessions.Means means, Turn turn) {
    this.means = means;
    this.turn = turn;
  }

  /** Keeps the text on another thread, if it is time. */
  void keepNowAndThen(CharSequence text) {
    // One at a time: of two, the older text might come last, and a slow database pile them up.
    if (System.nanoTime() - keptAt > PAUSE_NANOS && busy.compareAndSet(false, true)) {
      String said = text.toString();
      means.execute(() -> keep(said));
    }
  }

  private void keep(String said) {
    try {
      means.store().save(turn.sessionId(), turn.answer().getId(), said);
    } catch (OwlException e) {
      LOG.warnf("What was said so far could not be kept: %s", e.getMessage());
    } finally {
      keptAt = System.nanoTime();
      busy.set(false);
    }
  }
}
