// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.owlmesh.core.identity.ApiKey;
import io.owlmesh.core.identity.ApiKey.Secret;
import io.owlmesh.core.identity.KeyFile;
import io.owlmesh.core.identity.Role;
import io.owlmesh.orchestrator.audit.AuditLog;
import io.owlmesh.orchestrator.door.http.HttpAccess;
import io.owlmesh.orchestrator.identity.Authenticator;
import io.owlmesh.orchestrator.identity.IdentityConfig;
import io.owlmesh.orchestrator.store.AuditRow;
import io.owlmesh.orchestrator.store.AuditStore;
import io.owlmesh.orchestrator.store.DiskImageStore;
import io.owlmesh.orchestrator.store.Pictures;
import io.owlmesh.orchestrator.store.SessionStore;
import io.owlmesh.wire.TestConfig;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is noted of requests over HTTP, and what is not. */
@Timeout(60)
class AuditedCallersTest extends OpenAiDoor {
  private static final String SECRET = "heliotrope";

  @SuppressWarnings("NullAway.Init") // Before the door opens.
  private SessionStore kept;

  @SuppressWarnings("NullAway.Init")
  private AuditLog audit;

  private String key = "";

  @Override
  AuditLog audit() {
    kept =
        SessionStore.open(
            "jdbc:h2:file:" + folder.resolve("audit"),
            Optional.empty(),
            Optional.empty(),
            new DiskImageStore(folder.resolve("unused")));
    audit = AuditLog.of(kept.audit());
    return audit;
  }

  @BeforeEach
  void ask() throws Exception {
    KeyFile keys = new KeyFile(folder.resolve("keys"));
    Secret secret = Secret.random();
    keys.add(ApiKey.of(secret, Role.OPERATOR, "zoo", Instant.now(), Optional.empty(), ""));
    key = secret.credential();
    Authenticator authenticator =
        new Authenticator(
            TestConfig.of(IdentityConfig.class, Map.of("owl.keys", keys.path().toString())));
    door.with(new HttpAccess(authenticator, door.mesh.answers)::install);
  }

  @AfterEach
  void leave() {
    kept.close();
  }

  private HttpResponse<String> send(String method, String path, String body) throws Exception {
    return door.send(
        door.request(path)
            .header("Authorization", "Bearer " + key)
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(body)));
  }

  private List<AuditRow> rows() {
    audit.close();
    List<AuditRow> rows = new ArrayList<>();
    kept.audit().list(new AuditStore.Filter(Instant.EPOCH, "", "", 1_000), rows::add);
    return rows;
  }

  @Test
  void itIsNotedWhoAskedWhatAndNoWordOfWhatWasSaid() throws Exception {
    JsonNode created =
        read(
            send(
                "POST",
                "/api/sessions",
                "{\"title\":\"%1$s\",\"settings\":{\"system\":\"%1$s\"}}".formatted(SECRET)));
    String session = created.at("/session/id").asText();
    send("POST", "/api/sessions/" + session + "/turns", "{\"say\":{\"text\":\"" + SECRET + "\"}}");
    send("GET", "/api/sessions/" + SECRET, "");
    send("GET", "/api/sessions?query=" + SECRET, "");
    send("PUT", "/api/sessions/" + session + "/messages/" + SECRET + "/feedback", "{}");
    String picture = Base64.getEncoder().encodeToString(Pictures.png(3).toByteArray());
    HttpResponse<String> answer =
        complete(url("data:image/png;base64," + picture), ",\"user\":\"" + SECRET + "\"");
    assertThat(answer.statusCode()).isEqualTo(401); // Without a key; it is only counted.
    HttpResponse<String> asked =
        send(
            "POST",
            "/v1/chat/completions",
            "{\"model\":\"parrot\",\"messages\":[{\"role\":\"user\",\"content\":"
                + url("data:image/png;base64," + picture).replace("Who?", SECRET)
                + "}]}");
    long tokens = read(asked).at("/usage/completion_tokens").asLong();

    List<AuditRow> rows = rows();

    assertThat(rows)
        .extracting(AuditRow::method)
        .containsExactlyInAnyOrder(
            "POST /api/sessions",
            "POST /api/sessions/:session/turns",
            "answer",
            "GET /api/sessions/:session",
            "GET /api/sessions",
            "PUT /api/sessions/:session/messages/:message/feedback",
            "POST /v1/chat/completions",
            "answer",
            "access.refused");
    assertThat(rows.toString())
        .doesNotContain(SECRET)
        .doesNotContain(key)
        .doesNotContain(key.substring(key.length() - 43));
    assertThat(rows)
        .filteredOn(row -> !row.method().equals("access.refused"))
        .allMatch(row -> row.tenant().equals("zoo"))
        .allMatch(row -> row.caller().equals("key:" + key.substring(4, 12)));
    assertThat(rows)
        .filteredOn(row -> row.method().equals("access.refused"))
        .singleElement()
        .returns("no_credential", AuditRow::outcome)
        .returns(1L, AuditRow::promptTokens)
        .returns("", AuditRow::caller);
    assertThat(rows)
        .filteredOn(row -> row.method().endsWith("/turns"))
        .extracting(AuditRow::session)
        .containsExactly(session);
    assertThat(rows)
        .filteredOn(row -> row.method().equals("GET /api/sessions/:session"))
        .singleElement()
        .returns("session_not_found", AuditRow::outcome)
        .returns("", AuditRow::session);
    assertThat(rows)
        .filteredOn(row -> row.method().equals("answer") && row.session().isEmpty())
        .singleElement()
        .returns("ok", AuditRow::outcome)
        .returns(tokens, AuditRow::answerTokens)
        .satisfies(row -> assertThat(row.images()).singleElement().asString().hasSize(64));
  }
}
