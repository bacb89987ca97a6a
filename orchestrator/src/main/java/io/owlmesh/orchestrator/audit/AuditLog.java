// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.audit;

import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.store.AuditRow;
import io.owlmesh.orchestrator.store.AuditStore;
import io.owlmesh.wire.identity.Caller;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Writes who did what, in groups and off the way of requests: a row costs a request a place in a
 * queue. If the database is slower for long, rows that find no place are counted, and the count is
 * a row itself, so that nothing is missing unseen.
 */
@Singleton
public final class AuditLog implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(AuditLog.class);
  private static final String LOST = "audit.lost";
  private static final int PLACES = 50_000;
  private static final int GROUP = 1_000;
  private static final long GATHER_MILLIS = 200;
  private static final long PAUSE_MILLIS = 1_000;
  private static final long ENDING_MILLIS = 2_000;
  private static final int MOST_IMAGES = 64;

  private final Optional<AuditStore> store;
  private final Duration retention;
  private final BlockingQueue<AuditRow> waiting;
  private final AtomicLong lost = new AtomicLong();
  private final Refusals refusals = new Refusals();
  private final Thread writer;
  private volatile boolean closing;

  @Inject
  AuditLog(AuditConfig config, AuditStore store) {
    this(config.audit() ? Optional.of(store) : Optional.empty(), config.auditRetention(), PLACES);
  }

  AuditLog(Optional<AuditStore> store, Duration retention, int places) {
    this.store = store;
    this.retention = retention;
    this.waiting = new ArrayBlockingQueue<>(places);
    this.writer = Thread.ofPlatform().name("audit").daemon(true).unstarted(this::run);
    if (store.isPresent()) {
      writer.start();
    }
  }

  /** Keeps nothing. */
  public static AuditLog none() {
    return new AuditLog(Optional.empty(), Duration.ZERO, 1);
  }

  /** Keeps everything that there is room for. */
  public static AuditLog of(AuditStore store) {
    return new AuditLog(Optional.of(store), Duration.ofDays(1), PLACES);
  }

  /** A request of somebody is over. */
  public void request(
      Caller caller, String method, String session, String traceId, String outcome) {
    add(caller, method, session, traceId, List.of(), 0, 0, outcome);
  }

  /** An answer to somebody is over. */
  public void answer(
      @Nullable Caller caller,
      String session,
      String traceId,
      List<String> images,
      long promptTokens,
      long answerTokens,
      String outcome) {
    if (caller != null) {
      List<String> some = images.subList(0, Math.min(images.size(), MOST_IMAGES));
      add(caller, "answer", session, traceId, some, promptTokens, answerTokens, outcome);
    }
  }

  /** Somebody was not let in. */
  public void refused(Refusal why) {
    if (store.isPresent()) {
      refusals.count(why, Instant.now());
    }
  }

  private void add(
      Caller caller,
      String method,
      String session,
      String traceId,
      List<String> images,
      long promptTokens,
      long answerTokens,
      String outcome) {
    if (store.isEmpty()) {
      return;
    }
    AuditRow row =
        new AuditRow(
            Instant.now(),
            caller.owner().name(),
            caller.id(),
            method,
            session,
            traceId,
            images,
            promptTokens,
            answerTokens,
            outcome);
    if (!waiting.offer(row)) {
      lost.incrementAndGet();
    }
  }

  private void run() {
    List<AuditRow> group = new ArrayList<>();
    try {
      while (!closing || !waiting.isEmpty()) {
        AuditRow first = waiting.poll(GATHER_MILLIS, TimeUnit.MILLISECONDS);
        if (first != null) {
          group.add(first);
          TimeUnit.MILLISECONDS.sleep(closing ? 0 : GATHER_MILLIS);
          waiting.drainTo(group, GROUP - 1);
        }
        group.addAll(refusals.before(Instant.now()));
        long missing = lost.getAndSet(0);
        if (missing > 0) {
          LOG.warnf("%d rows of the audit found no place", missing);
          group.add(lost(missing));
        }
        flush(group);
      }
      group.addAll(refusals.before(Instant.MAX));
      flush(group);
    } catch (InterruptedException e) {
      LOG.warnf("%d rows of the audit were not written", waiting.size() + group.size());
      Thread.currentThread().interrupt();
    }
  }

  private void flush(List<AuditRow> group) throws InterruptedException {
    if (group.isEmpty()) {
      return;
    }
    try {
      write(group);
    } catch (RuntimeException e) {
      lost.addAndGet(group.size());
      LOG.error("Rows of the audit cannot be written", e); // An exception would end the thread.
    }
    group.clear();
  }

  private static AuditRow lost(long count) {
    return new AuditRow(
        Instant.now(), "default", "", LOST, "", "", List.of(), count, 0, "saturated");
  }

  /** Until the database takes it. */
  private void write(List<AuditRow> group) throws InterruptedException {
    boolean failed = false;
    while (true) {
      try {
        store.orElseThrow().add(group);
        return;
      } catch (OwlException e) {
        if (!failed) {
          failed = true;
          LOG.warn("The audit waits for the database", e);
        }
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    }
  }

  /** What is kept, if anything. */
  public Optional<AuditStore> store() {
    return store;
  }

  /** Deletes what is too old. */
  public void forget() {
    store.ifPresent(kept -> kept.forget(Instant.now().minus(retention)));
  }

  @Override
  @PreDestroy
  public void close() {
    closing = true;
    try {
      if (store.isPresent() && !writer.join(Duration.ofMillis(ENDING_MILLIS))) {
        writer.interrupt();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
