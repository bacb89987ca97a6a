// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.store.Draft;
import io.owlmesh.orchestrator.store.TurnStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * Keeps what was said so far of answers in work. Those of a moment are written together: a
 * transaction costs as much for a thousand answers as for one.
 */
final class Drafts {
  private static final Logger LOG = Logger.getLogger(Drafts.class);
  private static final long MOMENT_MILLIS = 200;

  private final TurnStore turns;
  private final Executor threads;
  private final Map<String, Draft> waiting = new ConcurrentHashMap<>();
  private final AtomicBoolean writing = new AtomicBoolean();

  Drafts(TurnStore turns, Executor threads) {
    this.turns = turns;
    this.threads = threads;
  }

  /** Writes it soon, unless there is a later one of the same answer by then. */
  void keep(Draft draft) {
    waiting.put(draft.answerId(), draft);
    writeSoon();
  }

  /** The answer has ended. */
  void forget(String answerId) {
    waiting.remove(answerId);
  }

  private void writeSoon() {
    if (!waiting.isEmpty() && writing.compareAndSet(false, true)) {
      threads.execute(this::write);
    }
  }

  private void write() {
    try {
      Thread.sleep(MOMENT_MILLIS);
      List<Draft> now = new ArrayList<>();
      for (String answer : List.copyOf(waiting.keySet())) {
        Draft draft = waiting.remove(answer);
        if (draft != null) {
          now.add(draft);
        }
      }
      turns.save(now);
    } catch (OwlException e) {
      // The end of an answer is kept or fails by itself; this was in case of a crash.
      LOG.warn("What was said so far could not be kept", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      writing.set(false);
    }
    writeSoon();
  }
}
