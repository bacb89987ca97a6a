// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import com.google.protobuf.ByteString;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.owlmesh.orchestrator.mesh.MeshInfo.WeightDigests;
import io.owlmesh.orchestrator.mesh.placement.Busyness;
import io.owlmesh.orchestrator.mesh.placement.Candidate;
import io.owlmesh.proto.mesh.v1.Condition;
import io.owlmesh.proto.mesh.v1.ConditionReason;
import io.owlmesh.proto.stage.v1.Load;
import io.owlmesh.proto.stage.v1.ReplicaState;
import io.owlmesh.wire.Wire;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One replica of a stage: the channel to it, how it is, and what of ours is in it. */
public final class Replica {
  static final Duration OPEN = Duration.ofSeconds(2);

  // A trace of its own that is not recorded: watching would bury the traces of answers.
  private static final String UNSAMPLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

  /** A report does not know of calls that were sent so shortly before it came. */
  private static final long TRAVEL_NANOS = 20_000_000;

  private static final double COLDEST = 0.1;

  /**
   * How it is.
   *
   * @param code why, for programs; UNSPECIFIED while it serves
   * @param reason why, for people; empty while it serves
   */
  public record Status(Condition condition, ConditionReason code, String reason) {}

  final ReplicaReport report = new ReplicaReport();
  final CallCounts counts = new CallCounts();
  private final StageKind stage;
  private final String address;
  private final ManagedChannel channel;
  private final Channel traced;
  private final Channel untraced;
  private final long slowStartNanos;
  private final CircuitBreaker breaker;
  private final Busyness busyness = new Busyness();
  private final Set<PlacedCall> calls = ConcurrentHashMap.newKeySet();
  private final AtomicInteger endedSince = new AtomicInteger(); // Since its last report.
  private volatile @Nullable StageDescription description;
  private volatile Optional<Status> unreachable = Optional.empty();
  private volatile String loading = "";
  private volatile long servingSince = System.nanoTime();
  private volatile long idleSince = System.nanoTime();
  private volatile boolean listed = true;
  private volatile boolean takenOut;
  private volatile boolean notServing; // By its own health, or since it refused work.
  private volatile boolean removed;

  Replica(
      StageKind stage,
      String address,
      ClientInterceptor tracing,
      ChannelCredentials credentials,
      ReplicaSettings settings) {
    this.stage = stage;
    this.address = address;
    this.channel = Wire.relayChannel(address, credentials);
    this.traced = ClientInterceptors.intercept(channel, tracing);
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER), UNSAMPLED);
    this.untraced =
        ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    this.slowStartNanos = settings.slowStart().toNanos();
    this.breaker =
        CircuitBreaker.of(
            stage.label() + " " + address,
            CircuitBreakerConfig.custom()
                .slidingWindowSize(20)
                .minimumNumberOfCalls(5)
                .failureRateThreshold(50)
                .waitDurationInOpenState(OPEN)
                .automaticTransitionFromOpenToHalfOpenEnabled(true)
                .permittedNumberOfCallsInHalfOpenState(2)
                .build());
    breaker
        .getEventPublisher()
        .onStateTransition(event -> {
          if (event.getStateTransition().getToState() == CircuitBreaker.State.OPEN) {
            counts.ejected();
          }
        });
  }

  public StageKind stage() {
    return stage;
  }

  public String address() {
    return address;
  }

  /** For calls that belong to an answer, and to its trace. */
  Channel traced() {
    return traced;
  }

  /** For calls that nobody asked for. */
  Channel untraced() {
    return untraced;
  }

  CircuitBreaker breaker() {
    return breaker;
  }

  Optional<StageDescription> description() {
    return Optional.ofNullable(description);
  }

  /** It told what it runs. */
  void described(StageDescription told) {
    if (unreachable.isPresent() || description == null) {
      servingSince = System.nanoTime();
    }
    description = told;
    loading = "";
    unreachable = Optional.empty();
  }

  /** It does not answer, or not what it should. */
  void unreachable(ConditionReason code, String why) {
    loading = "";
    unreachable = Optional.of(new Status(Condition.CONDITION_UNREACHABLE, code, why));
    channel.resetConnectBackoff(); // Which grows to minutes else.
  }

  /** It answers, but that it is not ready. */
  void loading(String why) {
    description = null;
    loading = why;
    unreachable = Optional.empty();
  }

  /** Another process is behind the address: what failed before it is not its fault. */
  void restarted() {
    breaker.reset();
    notServing = false;
    servingSince = System.nanoTime();
  }

  /** Calls in it will not be answered: it is silent in every way. */
  void lost(String why) {
    calls.forEach(call -> call.lose(why));
  }

  /** What its own health says, or what it answered to work. */
  void serving(boolean serving) {
    notServing = !serving;
  }

  /** Whether the source of addresses says that it is to get work. */
  void listed(boolean serving) {
    listed = serving;
  }

  /** It gets no more work, or gets some again, because somebody says so. */
  public void takeOut(boolean out) {
    if (out && !takenOut) {
      counts.drained();
    }
    takenOut = out;
  }

  /** How it is, whatever weights it serves. */
  public Status status() {
    if (removed || !listed) {
      return new Status(
          Condition.CONDITION_DRAINING,
          ConditionReason.CONDITION_REASON_NOT_LISTED,
          "its address is not listed any more");
    }
    if (takenOut) {
      return new Status(
          Condition.CONDITION_DRAINING,
          ConditionReason.CONDITION_REASON_TAKEN_OUT,
          "it was taken out by hand");
    }
    ReplicaState told = report.state();
    if (told == ReplicaState.REPLICA_STATE_DRAINING || notServing) {
      return new Status(
          Condition.CONDITION_DRAINING,
          ConditionReason.CONDITION_REASON_REFUSES_WORK,
          "it takes no new work");
    }
    if (told == ReplicaState.REPLICA_STATE_LOADING || !loading.isEmpty()) {
      return new Status(
          Condition.CONDITION_LOADING,
          ConditionReason.CONDITION_REASON_NOT_READY,
          loading.isEmpty() ? "it loads its weights" : loading);
    }
    return unreachable.orElseGet(this::reached);
  }

  private Status reached() {
    if (description == null) {
      return new Status(
          Condition.CONDITION_CONNECTING,
          ConditionReason.CONDITION_REASON_NOT_HEARD,
          "it has not answered yet");
    }
    return breaker.getState() == CircuitBreaker.State.OPEN
        ? new Status(
            Condition.CONDITION_EJECTED,
            ConditionReason.CONDITION_REASON_WORSE,
            "it failed or was slow beside the others")
        : new Status(Condition.CONDITION_SERVING, ConditionReason.CONDITION_REASON_UNSPECIFIED, "");
  }

  /** Whether it would take work of these weights, even if it is ejected for now. */
  boolean isThere(WeightDigests weights) {
    StageDescription now = description;
    Condition condition = status().condition();
    return now != null
        && now.fits(weights)
        && (condition == Condition.CONDITION_SERVING || condition == Condition.CONDITION_EJECTED);
  }

  /** As above, whichever weights it serves. */
  boolean isThere() {
    StageDescription now = description;
    return now != null && isThere(now.digests());
  }

  /** Names of its adapters. */
  Set<String> adapters() {
    return report
        .adapters()
        .or(() -> description().map(StageDescription::adapters))
        .map(Map::keySet)
        .orElse(Set.of());
  }

  /** The digest of an adapter; empty if it has none of the name. */
  Optional<String> adapter(String name) {
    return report
        .adapters()
        .map(told -> Optional.ofNullable(told.get(name)))
        .orElseGet(() -> description().map(told -> told.adapters().get(name)));
  }

  /** Whether the visual tokens of a picture are kept there, by the name they were given. */
  public boolean holds(ByteString image) {
    return report.holds(image);
  }

  /** Share of full work that it is given, above 0 to 1. */
  double warmth() {
    double age = System.nanoTime() - servingSince;
    return slowStartNanos <= 0 ? 1 : Math.clamp(age / slowStartNanos, COLDEST, 1);
  }

  /** Calls that are in it. */
  int outstanding() {
    return calls.size();
  }

  /** As placement sees it. */
  Candidate candidate(List<ByteString> beginnings) {
    long now = System.nanoTime();
    int units = calls.stream().mapToInt(PlacedCall::units).sum();
    Optional<Load> told = report.load(now);
    if (told.isEmpty()) {
      return Candidate.unreported(address, units, warmth());
    }
    Load load = told.get();
    long heardAt = report.heardAt().orElse(now) - TRAVEL_NANOS;
    long credit = calls.stream().mapToLong(call -> call.unread(heardAt)).sum();
    int begun =
        calls.stream().filter(call -> call.isUnknown(heardAt)).mapToInt(PlacedCall::units).sum();
    int busy = Math.max(load.getRunning() + load.getWaiting() + begun - endedSince.get(), units);
    double queue =
        load.getMaxRunning() > 0 && busy >= load.getMaxRunning()
            ? counts.meanSeconds() * (busy - load.getMaxRunning() + 1) / load.getMaxRunning()
            : 0;
    return new Candidate(
        address,
        units,
        warmth(),
        true,
        load.getWaitingPositions() + credit,
        load.getPrefillRate(),
        busy > 0 ? 0 : (now - idleSince) / 1e9,
        queue,
        busyness.share(now / 1e9),
        Math.max(report.cached(beginnings), counts.cached(beginnings)));
  }

  /** It told how it is. */
  void reported() {
    endedSince.set(0);
  }

  void enter(PlacedCall call) {
    long now = System.nanoTime();
    calls.add(call);
    counts.began(call);
    report
        .load(now)
        .map(Load::getPrefillRate)
        .filter(rate -> rate > 0)
        .ifPresent(
            rate -> busyness.add(now / 1e9, Math.max(call.positions() - call.cached(), 0) / rate));
  }

  void leave(PlacedCall call) {
    calls.remove(call);
    idleSince = System.nanoTime();
    endedSince.addAndGet(call.units());
    closeIfIdle();
  }

  /** Its address is gone: it ends what it has. */
  void remove() {
    removed = true;
    closeIfIdle();
  }

  private void closeIfIdle() {
    if (removed && calls.isEmpty()) {
      channel.shutdown();
    }
  }

  boolean isRemoved() {
    return removed;
  }

  void forEachCall(Consumer<PlacedCall> visitor) {
    calls.forEach(visitor);
  }

  void close() {
    channel.shutdownNow();
  }
}
