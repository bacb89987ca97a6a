// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.mesh.Decisions.Decision;
import io.owlmesh.orchestrator.mesh.MeshInfo.WeightDigests;
import io.owlmesh.orchestrator.mesh.discovery.ReplicaAddress;
import io.owlmesh.orchestrator.mesh.discovery.ReplicaAddresses;
import io.owlmesh.orchestrator.mesh.placement.Candidate;
import io.owlmesh.orchestrator.mesh.placement.Choice;
import io.owlmesh.orchestrator.mesh.placement.Placement;
import io.owlmesh.proto.mesh.v1.Condition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The replicas of one stage, as its addresses come and go. */
public final class ReplicaSet implements AutoCloseable {
  private final StageKind stage;
  private final String model;
  private final ReplicaAddresses addresses;
  private final Placement placement;
  private final ReplicaPool pool;
  private final Map<String, Replica> members = new TreeMap<>();
  private final Decisions decisions = new Decisions();
  private volatile List<Replica> replicas = List.of();
  private boolean closed;

  /**
   * @param model whose replicas they are, by its name; empty for the only one
   * @param pool where other models find the same replicas
   */
  ReplicaSet(
      StageKind stage,
      String model,
      ReplicaAddresses addresses,
      Placement placement,
      ReplicaPool pool) {
    this.stage = stage;
    this.model = model;
    this.addresses = addresses;
    this.placement = placement;
    this.pool = pool;
  }

  void start() {
    addresses.watch(this::told);
  }

  private synchronized void told(Set<ReplicaAddress> now) {
    if (closed) {
      return;
    }
    Map<String, ReplicaAddress> listed = new TreeMap<>();
    now.forEach(address -> listed.put(address.address(), address));
    listed.forEach((address, how) -> members.put(address, pool.join(this, address, how.serving())));
    List<Replica> gone =
        members.values().stream().filter(one -> !listed.containsKey(one.address())).toList();
    members.keySet().retainAll(listed.keySet());
    replicas = List.copyOf(members.values());
    gone.forEach(replica -> pool.leave(this, replica));
  }

  StageKind stage() {
    return stage;
  }

  /** All that are listed, by address. */
  public List<Replica> replicas() {
    return replicas;
  }

  /** Whether another than this one takes work. */
  public boolean isServedWithout(Replica one) {
    return replicas.stream().anyMatch(other -> other != one && serves(other));
  }

  private static boolean serves(Replica replica) {
    return replica.status().condition() == Condition.CONDITION_SERVING;
  }

  /** Whether any takes work of these weights, even if it is ejected for now. */
  boolean isThere(WeightDigests weights) {
    return replicas.stream().anyMatch(replica -> replica.isThere(weights));
  }

  /** The digest of an adapter beside some weights; nothing if no replica has it. */
  public Optional<String> adapter(WeightDigests weights, String name) {
    return replicas.stream()
        .filter(replica -> replica.isThere(weights))
        .flatMap(replica -> replica.adapter(name).stream())
        .findFirst();
  }

  /**
   * Chooses a replica for work, which is in it from now on.
   *
   * @param without those that failed at it already
   * @return nothing if only those could do it
   * @throws OwlException UNAVAILABLE or SATURATED, naming the stage
   */
  public synchronized Optional<PlacedCall> place(StageWork work, Set<Replica> without) {
    Map<String, String> considered = new TreeMap<>();
    try {
      Optional<PlacedCall> placed = place(work, without, considered);
      note(
          work,
          placed.map(call -> call.replica().address()).orElse(""),
          placed.map(call -> call.choice().reason()).orElse("all others failed at it"),
          considered);
      return placed;
    } catch (OwlException e) {
      note(work, "", String.valueOf(e.getMessage()), considered);
      throw e;
    }
  }

  private void note(StageWork work, String chosen, String reason, Map<String, String> considered) {
    SpanContext trace = Span.current().getSpanContext();
    decisions.add(
        new Decision(
            stage,
            Instant.now(),
            trace.isValid() ? trace.getTraceId() : "",
            chosen,
            reason,
            work.positions(),
            considered));
  }

  /** The last choices that were made. */
  public Decisions decisions() {
    return decisions;
  }

  private static void pass(List<Replica> replicas, Map<String, String> considered, String why) {
    replicas.forEach(one -> considered.putIfAbsent(one.address(), why));
  }

  private static void passTheRest(StageWork work, Replica one, Map<String, String> considered) {
    Replica.Status status = one.status();
    boolean other = one.description().filter(told -> !told.fits(work.weights())).isPresent();
    considered.putIfAbsent(
        one.address(),
        status.reason().isEmpty() && other ? "it serves other weights" : status.reason());
  }

  private Optional<PlacedCall> place(
      StageWork work, Set<Replica> without, Map<String, String> considered) {
    replicas.stream()
        .filter(replica -> !replica.isThere(work.weights()))
        .forEach(replica -> passTheRest(work, replica, considered));
    List<Replica> there =
        replicas.stream().filter(replica -> replica.isThere(work.weights())).toList();
    if (there.isEmpty()) {
      throw unavailable();
    }
    List<Replica> fit = there.stream().filter(work::suits).toList();
    if (fit.isEmpty()) {
      fit = there; // Who is asked says what is missing.
    }
    List<Replica> suited = fit;
    pass(
        there.stream().filter(replica -> !suited.contains(replica)).toList(),
        considered,
        "it lacks the adapter");
    pass(List.copyOf(without), considered, "it failed at this work");
    List<Replica> fresh = fit.stream().filter(replica -> !without.contains(replica)).toList();
    if (fresh.isEmpty()) {
      return Optional.empty();
    }
    List<Replica> able = new ArrayList<>(fresh.stream().filter(ReplicaSet::serves).toList());
    if (able.isEmpty()) {
      able.add(lastResort(fresh));
    }
    fresh.stream()
        .filter(replica -> !able.contains(replica))
        .forEach(replica -> passTheRest(work, replica, considered));
    able.removeIf(replica -> {
      boolean full = replica.outstanding() >= pool.settings().maxCalls();
      if (full) {
        pass(List.of(replica), considered, "it has the most calls that it is given");
      }
      return full;
    });
    while (!able.isEmpty()) {
      List<Candidate> candidates =
          able.stream().map(replica -> replica.candidate(work.names().known())).toList();
      Choice choice = placement.choose(candidates, work.forPlacement());
      Replica chosen = able.get(choice.index());
      CircuitBreaker breaker = chosen.breaker();
      if (breaker.getState() == CircuitBreaker.State.OPEN || breaker.tryAcquirePermission()) {
        PlacedCall call =
            new PlacedCall(chosen, work, choice, candidates.get(choice.index()).cached());
        for (int i = 0; i < candidates.size(); i++) {
          considered.put(
              candidates.get(i).address(),
              choice.told().isEmpty()
                  ? candidates.get(i).outstanding() + " in work"
                  : choice.told().get(i));
        }
        chosen.enter(call);
        return Optional.of(call);
      }
      pass(List.of(chosen), considered, "it was ejected, and is on trial with other work");
      able.remove(choice.index());
    }
    throw new OwlException(Fault.SATURATED, stage.label(), "too many calls to the stage");
  }

  /** No replica of the stage is there. */
  OwlException unavailable() {
    return new OwlException(
        ErrorCode.STAGE_UNAVAILABLE,
        stage.label(),
        "the stage%s is unavailable".formatted(model.isEmpty() ? "" : " of model '" + model + "'"));
  }

  /** All are ejected: one that answers now and then is better than none. */
  private Replica lastResort(List<Replica> ejected) {
    Replica best =
        ejected.stream()
            .min(Comparator.comparingDouble(one -> one.breaker().getMetrics().getFailureRate()))
            .orElseThrow();
    if (best.breaker().getMetrics().getFailureRate() >= 100) {
      throw new OwlException(
          ErrorCode.STAGE_UNAVAILABLE,
          stage.label(),
          "the stage keeps failing; calls to it pause for %d s"
              .formatted(Replica.OPEN.toSeconds()));
    }
    return best;
  }

  @Override
  public void close() {
    addresses.close();
    synchronized (this) {
      closed = true;
      members.values().forEach(replica -> pool.drop(this, replica));
      members.clear();
    }
  }
}
