// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import io.owlmesh.orchestrator.store.OperatorMarks.Canary;
import io.owlmesh.orchestrator.store.OperatorMarks.Drained;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What operators set, in a database that several orchestrators may share. Every method is one
 * transaction; a failure of the database is UNAVAILABLE.
 */
public final class OperatorStore {
  /** How long a mark is kept of a replica that no orchestrator knows. */
  private static final Duration UNKNOWN = Duration.ofMinutes(10);

  private static final int MAX_ENDED = 500;

  private final @Nullable Database shared;

  private OperatorStore(@Nullable Database shared) {
    this.shared = shared;
  }

  static OperatorStore of(Database database) {
    return new OperatorStore(database.isShared() ? database : null);
  }

  /** Where there is one orchestrator, which needs none. */
  public static OperatorStore none() {
    return new OperatorStore(null);
  }

  /** Whether other orchestrators read it, too; nothing else may be called if not. */
  public boolean isShared() {
    return shared != null;
  }

  private Database database() {
    return Objects.requireNonNull(shared);
  }

  /**
   * Everything that is set.
   *
   * @param known replicas that this orchestrator knows: marks of these are kept
   */
  public OperatorMarks read(Collection<Drained> known) {
    return database()
        .transact(row -> {
          HashSet<Drained> drained =
              new HashSet<>(
                  row.createQuery("SELECT stage, address FROM drained_replica")
                      .map((result, _) -> new Drained(result.getString(1), result.getString(2)))
                      .list());
          for (Drained one : drained) {
            if (known.contains(one)) {
              row.createUpdate(
                      "UPDATE drained_replica SET seen_at = clock_timestamp()"
                          + " WHERE stage = :stage AND address = :address"
                          + " AND seen_at < clock_timestamp() - make_interval(secs => :some)")
                  .bindMethods(one)
                  .bind("some", UNKNOWN.toSeconds() / 10.0)
                  .execute();
            }
          }
          row.createUpdate(
                  "DELETE FROM drained_replica"
                      + " WHERE seen_at < clock_timestamp() - make_interval(secs => :unknown)")
              .bind("unknown", (double) UNKNOWN.toSeconds())
              .execute();
          Map<String, Canary> canaries =
              row
                  .createQuery("SELECT model, version, percent, ended, in_use FROM model_canary")
                  .map((result, _) ->
                      new Canary(
                          result.getString(1),
                          result.getLong(2),
                          result.getInt(3),
                          result.getString(4),
                          result.getString(5)))
                  .stream()
                  .collect(Collectors.toMap(Canary::model, canary -> canary));
          return new OperatorMarks(drained, canaries);
        });
  }

  /** A replica gets no more work, or gets some again. */
  public void drain(Drained replica, boolean out) {
    database()
        .transact(row ->
            row.createUpdate(
                    out
                        ? "INSERT INTO drained_replica VALUES (:stage, :address, clock_timestamp())"
                            + " ON CONFLICT (stage, address) DO UPDATE SET seen_at = clock_timestamp()"
                        : "DELETE FROM drained_replica WHERE stage = :stage AND address = :address")
                .bindMethods(replica)
                .execute());
  }

  /** Sets the canary of a model, whatever it was. */
  public void set(Canary canary) {
    database()
        .transact(row ->
            row.createUpdate(
                    "INSERT INTO model_canary VALUES (:model, 1, :percent, :ended, :inUse)"
                        + " ON CONFLICT (model) DO UPDATE SET version = model_canary.version + 1,"
                        + " percent = :percent, ended = :ended, in_use = :inUse")
                .bindMethods(bounded(canary))
                .execute());
  }

  /** Sets it, unless somebody set it since the version that it was made from. */
  public void change(Canary canary) {
    database()
        .transact(row ->
            row.createUpdate(
                    "UPDATE model_canary SET version = version + 1, percent = :percent,"
                        + " ended = :ended, in_use = :inUse"
                        + " WHERE model = :model AND version = :version")
                .bindMethods(bounded(canary))
                .execute());
  }

  private static Canary bounded(Canary canary) {
    String ended = canary.ended();
    return new Canary(
        canary.model(),
        canary.version(),
        canary.percent(),
        ended.substring(0, Math.min(ended.length(), MAX_ENDED)),
        canary.inUse());
  }
}
