// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.audit;

import io.owlmesh.orchestrator.store.AuditRow;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Counts who was not let in: a row for each reason and minute, so that strangers fill no table.
 * Nothing of what they sent is kept.
 */
final class Refusals {
  private static final String METHOD = "access.refused";

  private final Map<Refusal, Long> counts = new EnumMap<>(Refusal.class);
  private Instant minute = Instant.EPOCH;

  synchronized void count(Refusal why, Instant now) {
    if (counts.isEmpty()) {
      minute = now.truncatedTo(ChronoUnit.MINUTES);
    }
    counts.merge(why, 1L, Long::sum);
  }

  /** The rows of a minute that is over before this time, once; none if there is none. */
  synchronized List<AuditRow> before(Instant now) {
    if (counts.isEmpty() || now.isBefore(minute.plus(1, ChronoUnit.MINUTES))) {
      return List.of();
    }
    List<AuditRow> rows =
        counts.entrySet().stream().map(one -> row(one.getKey(), one.getValue())).toList();
    counts.clear();
    return rows;
  }

  private AuditRow row(Refusal why, long count) {
    return new AuditRow(minute, "default", "", METHOD, "", "", List.of(), count, 0, why.label());
  }
}
