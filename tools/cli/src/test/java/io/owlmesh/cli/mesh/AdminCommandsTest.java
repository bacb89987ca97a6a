// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import com.google.protobuf.Timestamp;
import io.owlmesh.cli.OwlCalls;
import io.owlmesh.core.identity.CallerLimits;
import io.owlmesh.core.identity.KeyFile;
import io.owlmesh.proto.admin.v1.DeleteTenantRequest;
import io.owlmesh.proto.admin.v1.ListAuditRequest;
import io.owlmesh.proto.admin.v1.ListAuditResponse;
import io.owlmesh.proto.mesh.v1.WatchResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operators and administrators ask of an orchestrator, and of the file of keys. */
class AdminCommandsTest {
  @TempDir private Path home;
  private FakeOrchestrator orchestrator;
  private OwlCalls owl;

  @BeforeEach
  void start() throws Exception {
    orchestrator = new FakeOrchestrator(WatchResponse.getDefaultInstance());
    owl = new OwlCalls(home);
  }

  @AfterEach
  void end() {
    orchestrator.close();
  }

  private String said() {
    return owl.out.toString().replaceAll(" +", " ");
  }

  @Test
  void aTenantIsDeletedOnlyIfThatIsMeant() {
    assertThat(owl.call("tenants", "delete", "zoo", "--address", orchestrator.address()))
        .isEqualTo(2);
    assertThat(owl.err.toString()).contains("all that the tenant zoo keeps", "--yes");
    assertThat(orchestrator.asked).isEmpty();

    assertThat(owl.call("tenants", "delete", "zoo", "--yes", "--address", orchestrator.address()))
        .isZero();
    assertThat(said()).contains("Deleted 3 sessions and 4096 bytes of images of the tenant zoo");
    assertThat(orchestrator.asked)
        .containsExactly(DeleteTenantRequest.newBuilder().setTenant("zoo").build());
  }

  @Test
  void whatIsNoTenantIsNotAskedFor() {
    assertThat(owl.call("tenants", "delete", "a/b", "--yes", "--address", orchestrator.address()))
        .isEqualTo(2);
    assertThat(owl.err.toString()).contains("'a/b' is no name of a tenant");
    assertThat(owl.call("tenants")).isEqualTo(2);
    assertThat(owl.err.toString()).contains("Say what to do: delete.");
    assertThat(orchestrator.asked).isEmpty();
  }

  private void row(String method, long prompt, long answer, String outcome) {
    orchestrator.audit.add(
        ListAuditResponse.newBuilder()
            .setTime(Timestamp.newBuilder().setSeconds(1_767_261_600))
            .setTenant("zoo")
            .setCaller("key:k7f3a9c2")
            .setMethod(method)
            .setPromptTokens(prompt)
            .setAnswerTokens(answer)
            .setOutcome(outcome)
            .build());
  }

  @Test
  void theAuditIsATableOrLinesOfJson() {
    row("answer", 45, 3, "ok");
    row("GET /api/sessions", 0, 0, "ok");
    row("access.refused", 12_000, 0, "wrong_credential");

    assertThat(owl.call("audit", "--address", orchestrator.address())).isZero();
    assertThat(said().lines())
        .containsExactly(
            "TIME TENANT CALLER METHOD SESSION COUNT OUTCOME",
            "2026-01-01T10:00:00Z zoo key:k7f3a9c2 answer 45+3 ok",
            "2026-01-01T10:00:00Z zoo key:k7f3a9c2 GET /api/sessions ok",
            "2026-01-01T10:00:00Z zoo key:k7f3a9c2 access.refused 12000 wrong_credential");

    assertThat(owl.call("audit", "--json", "--address", orchestrator.address())).isZero();
    assertThat(owl.out.toString())
        .contains("\"method\":\"GET /api/sessions\"", "\"promptTokens\":\"45\"");
  }

  @Test
  void theAuditIsAskedForWhatTheFlagsSay() {
    assertThat(
            owl.call(
                "audit",
                "--since",
                "2026-01-01T10:00:00Z",
                "--tenant",
                "zoo",
                "--caller",
                "key:k7f3a9c2",
                "--limit",
                "7",
                "--address",
                orchestrator.address()))
        .isZero();
    assertThat(said()).contains("Nothing was done.");
    long before = Instant.now().getEpochSecond();
    assertThat(owl.call("audit", "--since", "P7D", "--address", orchestrator.address())).isZero();

    assertThat(orchestrator.asked)
        .first()
        .isEqualTo(
            ListAuditRequest.newBuilder()
                .setSince(Timestamp.newBuilder().setSeconds(1_767_261_600))
                .setTenant("zoo")
                .setCaller("key:k7f3a9c2")
                .setLimit(7)
                .build());
    assertThat(((ListAuditRequest) orchestrator.asked.getLast()).getSince().getSeconds())
        .isBetween(before - 7 * 86_400, before - 7 * 86_400 + 60);
  }

  @Test
  void wrongFlagsOfTheAuditAreNamed() {
    assertThat(owl.call("audit", "--since", "yesterday")).isEqualTo(2);
    assertThat(owl.err.toString()).contains("'yesterday' is no time");
    assertThat(owl.call("audit", "--limit", "0")).isEqualTo(2);
    assertThat(owl.err.toString()).contains("--limit must be 1 to 100000, not 0");
  }

  @Test
  void limitsOfAKeyAndATenantAreWrittenIntoTheFileAndTakenOutAgain() throws Exception {
    String file = home.resolve("keys").toString();
    assertThat(owl.call("keys", "create", "--file", file)).isZero();
    String id = owl.out.toString().strip().substring("owl_".length(), "owl_".length() + 8);

    assertThat(owl.call("keys", "limit", "owl_" + id, "requests=60,answers=2", "--file", file))
        .isZero();
    assertThat(owl.call("keys", "limit", "zoo", "storage=10000000000", "--file", file)).isZero();

    KeyFile.Contents kept = new KeyFile(home.resolve("keys")).read().orElseThrow();
    assertThat(kept.limits())
        .containsOnly(
            entry("key:" + id, CallerLimits.parse("requests=60,answers=2")),
            entry("zoo", CallerLimits.parse("storage=10000000000")));
    assertThat(kept.keys()).hasSize(1);

    assertThat(owl.call("keys", "limit", "zoo", "settings", "--file", file)).isZero();
    assertThat(new KeyFile(home.resolve("keys")).read().orElseThrow().limits())
        .containsOnlyKeys("key:" + id);
  }

  @Test
  void aKeyIsLimitedByItsNameInTheListAndInTheAuditAndOneThatThereIsNotIsRefused()
      throws Exception {
    String file = home.resolve("keys").toString();
    assertThat(owl.call("keys", "create", "--file", file)).isZero();
    String id = owl.out.toString().strip().substring("owl_".length(), "owl_".length() + 8);

    for (String name : List.of("owl_" + id, "key:" + id, id)) {
      assertThat(owl.call("keys", "limit", name, "requests=60", "--file", file)).isZero();
      assertThat(owl.call("keys", "limit", name, "settings", "--file", file)).isZero();
    }
    assertThat(owl.call("keys", "limit", id, "requests=60", "--file", file)).isZero();
    for (String name : List.of("owl_aaaaaaaa", "key:aaaaaaaa")) {
      assertThat(owl.call("keys", "limit", name, "requests=1", "--file", file)).isEqualTo(1);
    }

    assertThat(owl.out.toString()).contains("There is no key owl_aaaaaaaa");
    assertThat(new KeyFile(home.resolve("keys")).read().orElseThrow().limits())
        .containsOnly(entry("key:" + id, CallerLimits.parse("requests=60")));
  }

  @Test
  void aLimitThatThereIsNotIsRefusedAndTheFileStays() {
    String file = home.resolve("keys").toString();

    assertThat(owl.call("keys", "limit", "zoo", "wishes=3", "--file", file)).isEqualTo(2);

    assertThat(owl.err.toString()).contains("wishes");
    assertThat(home.resolve("keys")).doesNotExist();
  }
}
