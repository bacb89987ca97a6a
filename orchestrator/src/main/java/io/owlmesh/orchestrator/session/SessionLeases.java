// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.grpc.Context;
import io.grpc.Contexts;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.store.AbandonedAnswer;
import io.owlmesh.orchestrator.store.LeaseHolder;
import io.owlmesh.orchestrator.store.Notice;
import io.owlmesh.orchestrator.store.RenewedLease;
import io.owlmesh.orchestrator.store.SessionStore;
import io.owlmesh.orchestrator.store.TurnLease;
import io.owlmesh.orchestrator.store.TurnStore;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jboss.logging.Logger;

/**
 * Lets one turn at a time into each session, among all orchestrators of a database; within this one
 * {@link TurnLocks} does. A lease is renewed while its turn lasts. If it expires, whoever had it is
 * taken for dead, and others end its answer. With an embedded database there are no others, and
 * nothing of this costs anything.
 */
final class SessionLeases implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(SessionLeases.class);
  private static final Duration LEAST = Duration.ofMillis(100);
  private static final Duration MOST = Duration.ofMinutes(5);
  private static final int LOOK_MILLIS = 50;
  private static final long POLL_NANOS = 1_000_000_000;

  private final TurnStore turns;
  private final Map<String, ActiveTurn> running;
  private final Duration time;
  private final String owner = UUID.randomUUID().toString();
  private final Map<Long, TurnLease> held = new ConcurrentHashMap<>();
  private final Map<String, Semaphore> waiting = new ConcurrentHashMap<>();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("leases").daemon(true).factory());
  private final AutoCloseable notices;
  private long renewed = System.nanoTime();

  /**
   * @param running turns by session
   * @param time after which a lease that is not renewed expires
   * @throws OwlException BAD_INPUT, field {@code owl.lease}, if that is too short or too long
   */
  SessionLeases(SessionStore store, Map<String, ActiveTurn> running, Duration time) {
    if (time.compareTo(LEAST) < 0 || time.compareTo(MOST) > 0) {
      throw OwlException.badInput(
          "owl.lease", "%s, allowed is %s to %s".formatted(time, LEAST, MOST));
    }
    this.turns = store.turns();
    this.running = running;
    this.time = time;
    this.notices = turns.listen(this::hear);
    if (turns.isShared()) {
      long period = time.dividedBy(3).toMillis();
      clock.scheduleWithFixedDelay(this::keep, period, period, TimeUnit.MILLISECONDS);
    }
  }

  /**
   * Takes the lease of a session once it is free, or until the current gRPC context ends.
   *
   * @param requestId of the turn, empty if it has none
   * @param waits whether to wait, as long as this orchestrator or another one has it
   * @throws OwlException CONFLICT if it is not to wait; NOT_FOUND if there is no such session
   */
  TurnLease take(String session, String requestId, Predicate<LeaseHolder> waits) {
    while (true) {
      Optional<TurnLease> lease = turns.take(session, owner, requestId, time);
      if (lease.isPresent()) {
        held.put(lease.get().fence(), lease.get());
        return lease.get();
      }
      Semaphore free = waiting.computeIfAbsent(session, _ -> new Semaphore(0));
      try {
        awaitFree(session, free, waits);
      } finally {
        waiting.remove(session, free);
      }
    }
  }

  private void awaitFree(String session, Semaphore free, Predicate<LeaseHolder> waits) {
    Optional<LeaseHolder> holder = turns.await(session);
    if (holder.isEmpty()) {
      turns.newest(session); // Free since; or there is no such session.
    } else if (holder.get().expired()) {
      turns.abandoned().forEach(turns::interrupt);
    } else if (!waits.test(holder.get())) {
      throw new OwlException(
          Fault.CONFLICT, "session_id", "another turn is being taken in this session");
    } else {
      await(free);
    }
  }

  /** A notice may be lost, so nobody waits long. */
  private static void await(Semaphore free) {
    Context context = Context.current();
    long end = System.nanoTime() + POLL_NANOS;
    try {
      while (!free.tryAcquire(LOOK_MILLIS, TimeUnit.MILLISECONDS) && System.nanoTime() < end) {
        if (context.isCancelled()) {
          throw Contexts.statusFromCancelled(context).asRuntimeException();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OwlException(Fault.CANCELLED, "", "interrupted", e);
    }
  }

  /** The end of a turn was kept, and its lease given back with it. */
  void ended(TurnLease lease) {
    held.remove(lease.fence());
  }

  /** Gives back a lease under which nothing is written any more. */
  void release(TurnLease lease) {
    ended(lease);
    try {
      turns.release(lease);
    } catch (OwlException e) {
      LOG.warn("A lease could not be given back; it will expire", e);
    }
  }

  private void hear(Notice notice) {
    switch (notice.kind()) {
      case FREE -> {
        Semaphore free = waiting.get(notice.sessionId());
        if (free != null) {
          free.release();
        }
      }
      case STOP -> {
        ActiveTurn turn = running.get(notice.sessionId());
        if (turn != null && turn.isIn()) {
          Thread.startVirtualThread(turn::stop);
        }
      }
      case FOLLOW -> {
        ActiveTurn turn = running.get(notice.sessionId());
        if (turn != null) {
          turn.followed();
        }
      }
    }
  }

  /** Renews our leases, and ends answers of whoever does not renew his. */
  private void keep() {
    try {
      boolean late = System.nanoTime() - renewed > time.toNanos();
      renew();
      renewed = System.nanoTime();
      // When nobody reached the database, everybody renews first.
      if (!late) {
        interruptAbandoned();
      }
    } catch (OwlException e) {
      LOG.warn("The leases of turns could not be renewed", e);
    } catch (RuntimeException e) {
      LOG.error("The leases of turns were not renewed", e); // An exception would end the schedule.
    }
  }

  private void renew() {
    Map<Long, TurnLease> now = new HashMap<>(held);
    for (RenewedLease lease : turns.renew(owner, List.copyOf(now.values()), time)) {
      TurnLease ours = now.remove(lease.fence());
      if (ours != null && lease.stopped()) {
        hear(new Notice(Notice.Kind.STOP, ours.sessionId()));
      }
    }
    for (TurnLease lost : now.values()) {
      // Unless its turn ended meanwhile, and so its lease.
      ActiveTurn turn = running.get(lost.sessionId());
      if (held.remove(lost.fence()) != null && turn != null) {
        Thread.startVirtualThread(() -> turn.lost(lost));
      }
    }
  }

  private void interruptAbandoned() {
    List<AbandonedAnswer> abandoned = turns.abandoned();
    abandoned.forEach(turns::interrupt);
    if (!abandoned.isEmpty()) {
      LOG.warnf("Interrupted %d answers that nobody writes any more", abandoned.size());
    }
  }

  /**
   * Gives back what is still held, so that nobody waits until it expires. An answer that has not
   * ended keeps its lease: when that expires, others end it.
   */
  @Override
  public void close() {
    clock.shutdownNow();
    held.values().stream()
        .filter(lease -> !running.containsKey(lease.sessionId()))
        .forEach(this::release);
    try {
      notices.close();
    } catch (Exception e) {
      LOG.warn("The database is still listened to", e);
    }
  }
}
