// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.owlmesh.core.identity.Role;
import io.owlmesh.orchestrator.store.AuditRow;
import io.owlmesh.orchestrator.store.AuditStore;
import io.owlmesh.orchestrator.store.DiskImageStore;
import io.owlmesh.orchestrator.store.SessionStore;
import io.owlmesh.wire.identity.Caller;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of notes of who did what. */
class AuditLogTest {
  private static final Caller ANN = new Caller("key:aaaaaaaa", "zoo", Set.of(Role.USER));
  private static final Caller EVE = new Caller("key:eeeeeeee", "park", Set.of(Role.USER));

  @TempDir Path folder;
  private SessionStore store;

  @BeforeEach
  void open() {
    store =
        SessionStore.open(
            "jdbc:h2:file:" + folder.resolve("sessions"),
            Optional.empty(),
            Optional.empty(),
            new DiskImageStore(folder.resolve("images")));
  }

  @AfterEach
  void close() {
    store.close();
  }

  private List<AuditRow> rows(String tenant, String caller, int most) {
    List<AuditRow> rows = new ArrayList<>();
    store.audit().list(new AuditStore.Filter(Instant.EPOCH, tenant, caller, most), rows::add);
    return rows;
  }

  @Test
  void whatWasNotedIsThereAfterTheEndTheLatestFirst() {
    try (AuditLog audit = AuditLog.of(store.audit())) {
      for (int i = 0; i < 1_200; i++) {
        audit.request(ANN, "GET /" + i, "", "", "ok");
      }
      audit.answer(EVE, "session", "trace", List.of("a".repeat(64)), 5, 7, "ok");
      audit.answer(null, "session", "trace", List.of(), 5, 7, "ok");
    }

    assertThat(rows("", "", 5_000)).hasSize(1_201);
    assertThat(rows("zoo", "", 600)).hasSize(600).first().returns("GET /1199", AuditRow::method);
    assertThat(rows("", EVE.id(), 10))
        .singleElement()
        .returns("park", AuditRow::tenant)
        .returns("answer", AuditRow::method)
        .returns(List.of("a".repeat(64)), AuditRow::images)
        .returns(7L, AuditRow::answerTokens);
    assertThat(rows("park", ANN.id(), 10)).isEmpty();
  }

  @Test
  void rowsThatFoundNoPlaceAreCountedInARow() {
    try (AuditLog audit = new AuditLog(Optional.of(store.audit()), Duration.ofDays(1), 3)) {
      for (int i = 0; i < 100; i++) {
        audit.request(ANN, "GET /", "", "", "ok");
      }
    }

    long lost =
        rows("default", "", 100).stream()
            .filter(row -> row.method().equals("audit.lost"))
            .mapToLong(AuditRow::promptTokens)
            .sum();
    assertThat(lost).isPositive();
    assertThat(rows("zoo", "", 200)).hasSize(100 - (int) lost);
  }

  @Test
  void whoeverIsNotLetInIsCountedByTheMinuteAndReason() {
    Refusals refusals = new Refusals();
    Instant minute = Instant.parse("2026-01-01T10:00:00Z");
    for (int i = 0; i < 10_000; i++) {
      refusals.count(Refusal.WRONG_CREDENTIAL, minute.plusMillis(5L * i));
    }
    refusals.count(Refusal.NO_CREDENTIAL, minute.plusSeconds(59));

    assertThat(refusals.before(minute.plusSeconds(59))).isEmpty();
    assertThat(refusals.before(minute.plusSeconds(60)))
        .extracting(AuditRow::time, AuditRow::method, AuditRow::outcome, AuditRow::promptTokens)
        .containsExactly(
            tuple(minute, "access.refused", "no_credential", 1L),
            tuple(minute, "access.refused", "wrong_credential", 10_000L));
    assertThat(refusals.before(minute.plusSeconds(120))).isEmpty();
  }

  @Test
  void whatWasRefusedInTheLastMinuteIsThereAfterTheEnd() {
    try (AuditLog audit = AuditLog.of(store.audit())) {
      audit.refused(Refusal.MISSING_ROLE);
      audit.refused(Refusal.MISSING_ROLE);
    }

    assertThat(rows("default", "", 10))
        .singleElement()
        .returns("missing_role", AuditRow::outcome)
        .returns(2L, AuditRow::promptTokens);
  }

  @Test
  void whatIsTooOldIsForgotten() throws Exception {
    try (AuditLog audit = new AuditLog(Optional.of(store.audit()), Duration.ofMillis(1), 10)) {
      audit.request(ANN, "GET /", "", "", "ok");
      while (rows("", "", 1).isEmpty()) {
        Thread.sleep(10);
      }
      audit.forget();
    }

    assertThat(rows("", "", 10)).isEmpty();
  }
}
