// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What was asked for in a minute at all orchestrators of a database. */
public final class UsageStore {
  private final @Nullable Database shared;

  private UsageStore(@Nullable Database shared) {
    this.shared = shared;
  }

  static UsageStore of(Database database) {
    return new UsageStore(database.isShared() ? database : null);
  }

  /** Where there is one orchestrator, which counts by itself. */
  public static UsageStore none() {
    return new UsageStore(null);
  }

  /** Whether other orchestrators count, too; nothing else may be called if not. */
  public boolean isShared() {
    return shared != null;
  }

  /**
   * Adds what this orchestrator counted since it did so before.
   *
   * @param minute since 1970
   * @param more in order, for transactions that take rows in another order wait for each other
   * @return what all orchestrators counted, of the same subjects
   */
  public List<MinuteUsage> add(long minute, List<MinuteUsage> more) {
    return Objects.requireNonNull(shared)
        .transact(row -> {
          List<MinuteUsage> all = new ArrayList<>();
          for (MinuteUsage one : more) {
            all.add(
                row.createQuery(
                        """
                        INSERT INTO caller_usage AS u VALUES
                          (:subject, :minute, :requests, :positions, :images)
                        ON CONFLICT (subject, at_minute) DO UPDATE SET
                          requests = u.requests + excluded.requests,
                          positions = u.positions + excluded.positions,
                          images = u.images + excluded.images
                        RETURNING subject, requests, positions, images
                        """)
                    .bindMethods(one)
                    .bind("minute", minute)
                    .map((result, _) ->
                        new MinuteUsage(
                            result.getString(1),
                            result.getLong(2),
                            result.getLong(3),
                            result.getLong(4)))
                    .one());
          }
          row.createUpdate("DELETE FROM caller_usage WHERE at_minute < :minute")
              .bind("minute", minute - 1)
              .execute();
          return all;
        });
  }
}
