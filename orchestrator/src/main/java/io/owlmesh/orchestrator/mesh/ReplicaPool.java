// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptor;
import io.owlmesh.wire.tls.MeshTls;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.stream.Stream;

/**
 * All replicas that are known, each once: models that name the same one share its channel, its
 * breaker, its load and what watches it.
 */
public final class ReplicaPool {
  private final ClientInterceptor tracing;
  private final Map<StageKind, ChannelCredentials> credentials = new EnumMap<>(StageKind.class);
  private final ReplicaSettings settings;
  private final Map<Place, Member> members = new TreeMap<>();
  private volatile List<Replica> all = List.of();

  private record Place(StageKind stage, String address) implements Comparable<Place> {
    private static final Comparator<Place> ORDER =
        Comparator.comparing(Place::stage).thenComparing(Place::address);

    @Override
    public int compareTo(Place other) {
      return ORDER.compare(this, other);
    }
  }

  /**
   * A replica with those that use it.
   *
   * @param draining of these, those whose source says that it is to get no new work
   */
  private record Member(
      Replica replica, ReplicaProbe probe, Set<ReplicaSet> users, Set<ReplicaSet> draining) {}

  /**
   * @param tracing of calls that belong to answers
   * @param tls how replicas are reached
   */
  public ReplicaPool(ClientInterceptor tracing, MeshTls tls, ReplicaSettings settings) {
    this.tracing = tracing;
    for (StageKind stage : StageKind.values()) {
      credentials.put(stage, tls.to(stage.label()));
    }
    this.settings = settings;
  }

  ReplicaSettings settings() {
    return settings;
  }

  /**
   * A replica for one more user, or for one that has it already.
   *
   * @param serving whether the user's source of addresses says that it is to get work; one source
   *     that says otherwise is enough
   */
  synchronized Replica join(ReplicaSet user, String address, boolean serving) {
    Member member = members.computeIfAbsent(new Place(user.stage(), address), this::begin);
    member.users().add(user);
    if (serving) {
      member.draining().remove(user);
    } else {
      member.draining().add(user);
    }
    member.replica().listed(member.draining().isEmpty());
    refresh();
    return member.replica();
  }

  private Member begin(Place place) {
    Replica replica =
        new Replica(
            place.stage(),
            place.address(),
            tracing,
            Objects.requireNonNull(credentials.get(place.stage())),
            settings);
    Set<ReplicaSet> users = new CopyOnWriteArraySet<>();
    ReplicaProbe probe =
        new ReplicaProbe(
            replica,
            settings.interval(),
            () -> users.stream().allMatch(user -> user.isServedWithout(replica)));
    probe.start();
    return new Member(replica, probe, users, new HashSet<>());
  }

  /** A user has no more work for a replica. Without any, it ends what it has, and is forgotten. */
  void leave(ReplicaSet user, Replica replica) {
    if (left(user, replica)) {
      replica.remove();
    }
  }

  /** The same, but without users its calls end at once. */
  void drop(ReplicaSet user, Replica replica) {
    if (left(user, replica)) {
      replica.close();
    }
  }

  private synchronized boolean left(ReplicaSet user, Replica replica) {
    Place place = new Place(replica.stage(), replica.address());
    Member member = members.get(place);
    if (member == null || member.replica() != replica || !member.users().remove(user)) {
      return false;
    }
    member.draining().remove(user);
    replica.listed(member.draining().isEmpty());
    if (!member.users().isEmpty()) {
      return false;
    }
    member.probe().close();
    members.remove(place);
    refresh();
    return true;
  }

  private void refresh() {
    all = members.values().stream().map(Member::replica).toList();
  }

  /** Those of all stages, by stage and address. */
  public Stream<Replica> all() {
    return all.stream();
  }
}
