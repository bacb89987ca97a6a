// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Places for answers, and those who wait for one: by priority, then for callers with fewer places,
 * then for those whose last place is longer ago, then in order of arrival. Whoever could not be in
 * time is refused at once; when too many wait, one of the lowest priority is: the newest of the
 * caller of whom the most wait.
 */
final class AdmissionQueue {
  private static final double LATEST = 0.2; // Weight of the latest in a running mean.
  private static final Duration LEAST_RETRY = Duration.ofMillis(500);

  private final int most;
  private final int mostWaiting;
  private final Shares places;
  private final Map<String, Integer> held = new HashMap<>();
  // Callers, in order of their last place.
  private final Map<String, Long> served = new HashMap<>();
  private final List<Ticket> waiting = new ArrayList<>(); // In order of arrival.
  private final AtomicLong numbers = new AtomicLong();
  private long grants;
  private double seconds;

  /**
   * Somebody who waits.
   *
   * @param number in order of arrival
   * @param granted gets what gives the place back, to be run once
   */
  private record Ticket(
      long number,
      String caller,
      int priority,
      Consumer<Runnable> granted,
      Consumer<OwlException> refused) {
    boolean isLike(Ticket other) {
      return caller.equals(other.caller()) && priority == other.priority();
    }
  }

  /** What was decided, to be told outside of the lock. */
  private record Decision(Ticket ticket, Runnable giveBack) {}

  AdmissionQueue(int most, int mostWaiting) {
    this.most = most;
    this.mostWaiting = mostWaiting;
    this.places = new Shares(most);
  }

  /**
   * Asks for a place.
   *
   * @param caller who takes it; empty for callers of whom nothing is known
   * @param remaining until the answer would be too late
   * @param granted called once there is one, perhaps at once, with what gives it back
   * @param refused called instead if others go first
   * @return gives the wait up; nothing happens if it is over
   * @throws OwlException SATURATED, with the time after which to try again
   */
  Runnable enter(
      String caller,
      int priority,
      Duration remaining,
      Consumer<Runnable> granted,
      Consumer<OwlException> refused) {
    Ticket ticket = new Ticket(numbers.getAndIncrement(), caller, priority, granted, refused);
    Optional<Ticket> shed;
    List<Decision> decisions;
    synchronized (this) {
      waiting.add(ticket);
      decisions = grant();
      shed = waiting.size() > mostWaiting ? Optional.of(shedOne()) : Optional.empty();
      if (waiting.contains(ticket) && expected(ticket).compareTo(remaining) > 0) {
        waiting.remove(ticket);
        throw refusal("%.1f s would pass before this one begins", expected(ticket));
      }
    }
    decisions.forEach(AdmissionQueue::tell);
    if (shed.isPresent()) {
      OwlException full = refusal("all places are taken, and others wait", timeOf(mostWaiting));
      if (shed.get().equals(ticket)) {
        throw full;
      }
      shed.get().refused().accept(full);
    }
    return () -> leave(ticket);
  }

  private synchronized void leave(Ticket ticket) {
    waiting.remove(ticket);
  }

  private OwlException refusal(String why, Duration retry) {
    String reason = String.format(Locale.ROOT, why, retry.toMillis() / 1e3);
    return new OwlException(
            Fault.SATURATED,
            "",
            "%d answers are in work of at most %d, %d wait of at most %d: %s"
                .formatted(places.taken(), most, waiting.size(), mostWaiting, reason))
        .retryAfter(retry.compareTo(LEAST_RETRY) < 0 ? LEAST_RETRY : retry);
  }

  private Ticket shedOne() {
    int lowest = waiting.stream().mapToInt(Ticket::priority).min().orElseThrow();
    List<Ticket> low = waiting.stream().filter(ticket -> ticket.priority() == lowest).toList();
    Map<String, Integer> counts = new HashMap<>();
    low.forEach(ticket -> counts.merge(ticket.caller(), 1, Integer::sum));
    Ticket last =
        low.stream()
            .max(
                Comparator.comparingInt((Ticket ticket) -> counts.getOrDefault(ticket.caller(), 0))
                    .thenComparingLong(Ticket::number))
            .orElseThrow();
    waiting.remove(last);
    return last;
  }

  /**
   * How long the newest one waits, by how long answers take. Before it go all of higher priority,
   * and of those of the same one whoever comes before in turns: callers take one place each, those
   * that they have among them.
   */
  private Duration expected(Ticket newest) {
    String caller = newest.caller();
    long own = held.getOrDefault(caller, 0) + waiting.stream().filter(newest::isLike).count();
    Map<String, Integer> turns = new HashMap<>(held);
    long ahead = 0;
    for (Ticket other : waiting) {
      boolean higher = other.priority() > newest.priority();
      boolean equal = other.priority() == newest.priority() && !other.equals(newest);
      if (higher || (equal && turns.merge(other.caller(), 1, Integer::sum) <= own)) {
        ahead++;
      }
    }
    return timeOf(ahead + 1);
  }

  private Duration timeOf(long turns) {
    return Duration.ofMillis((long) (1e3 * turns * seconds / most));
  }

  private List<Decision> grant() {
    List<Decision> decisions = new ArrayList<>();
    List<Ticket> order = new ArrayList<>(waiting);
    while (!order.isEmpty()) {
      Ticket next =
          order.stream()
              .min(
                  Comparator.comparingInt((Ticket ticket) -> -ticket.priority())
                      .thenComparingInt(ticket -> held.getOrDefault(ticket.caller(), 0))
                      .thenComparingLong(ticket -> served.getOrDefault(ticket.caller(), -1L)))
              .orElseThrow();
      order.remove(next);
      Optional<Runnable> place = places.take(next.caller(), 1);
      if (place.isPresent()) {
        waiting.remove(next);
        held.merge(next.caller(), 1, Integer::sum);
        served.put(next.caller(), grants++);
        long begin = System.nanoTime();
        decisions.add(new Decision(next, () -> giveBack(next.caller(), place.get(), begin)));
      } else if (places.taken() == most) {
        break;
      }
    }
    if (served.size() > most + mostWaiting) {
      Set<String> known = waiting.stream().map(Ticket::caller).collect(Collectors.toSet());
      known.addAll(held.keySet());
      served.keySet().retainAll(known);
    }
    return decisions;
  }

  private void giveBack(String caller, Runnable place, long begin) {
    List<Decision> decisions;
    synchronized (this) {
      place.run();
      held.computeIfPresent(caller, (_, count) -> count > 1 ? count - 1 : null);
      double took = (System.nanoTime() - begin) / 1e9;
      seconds = seconds == 0 ? took : seconds + LATEST * (took - seconds);
      decisions = grant();
    }
    decisions.forEach(AdmissionQueue::tell);
  }

  private static void tell(Decision decision) {
    decision.ticket().granted().accept(decision.giveBack());
  }

  /** How long the last of those that wait will wait; nothing if none does. */
  synchronized Duration expectedWait() {
    return timeOf(waiting.size());
  }

  synchronized int waiting() {
    return waiting.size();
  }

  int running() {
    return (int) places.taken();
  }
}
