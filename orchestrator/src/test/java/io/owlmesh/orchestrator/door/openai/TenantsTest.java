// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.owlmesh.core.identity.ApiKey;
import io.owlmesh.core.identity.ApiKey.Secret;
import io.owlmesh.core.identity.KeyFile;
import io.owlmesh.core.identity.Role;
import io.owlmesh.orchestrator.door.http.HttpAccess;
import io.owlmesh.orchestrator.identity.Authenticator;
import io.owlmesh.orchestrator.identity.IdentityConfig;
import io.owlmesh.orchestrator.store.Pictures;
import io.owlmesh.wire.TestConfig;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two tenants at one door: what one keeps is not there for the other, whatever it names. */
@Timeout(120)
class TenantsTest extends OpenAiDoor {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int TRIES = 400;
  private static final byte[] PICTURE = Pictures.png(7).toByteArray();
  private static final String SECRET = "heliotrope";

  private KeyFile keys;
  private Kept zoo;
  private Kept park;

  /** What ids of a tenant there are. */
  private record Kept(
      String key,
      String session,
      String message,
      String answer,
      String event,
      String image,
      String file) {
    String of(String kind) {
      return switch (kind) {
        case "session" -> session;
        case "message" -> message;
        case "answer" -> answer;
        case "event" -> event;
        case "image" -> image;
        default -> file;
      };
    }
  }

  /** A request with a foreign id at the place of {@code %s}. */
  private record Attack(String kind, String method, String path, String body) {}

  @BeforeEach
  void fill() throws Exception {
    keys = new KeyFile(folder.resolve("keys"));
    String ofZoo = key("zoo", Role.OPERATOR);
    String ofPark = key("park", Role.OPERATOR);
    Authenticator authenticator =
        new Authenticator(
            TestConfig.of(IdentityConfig.class, Map.of("owl.keys", keys.path().toString())));
    door.with(new HttpAccess(authenticator, door.mesh.answers)::install);
    zoo = fill(ofZoo, PICTURE);
    park = fill(ofPark, Pictures.png(8).toByteArray());
  }

  private String key(String tenant, Role role) throws Exception {
    Secret secret = Secret.random();
    keys.add(ApiKey.of(secret, role, tenant, Instant.now(), Optional.empty(), ""));
    return secret.credential();
  }

  private HttpResponse<String> ask(
      String key, String method, String path, BodyPublisher body, String type) throws Exception {
    return door.send(
        door.request(path)
            .header("Authorization", "Bearer " + key)
            .header("Content-Type", type)
            .method(method, body));
  }

  private HttpResponse<String> ask(String key, String method, String path, String body)
      throws Exception {
    return ask(
        key,
        method,
        path,
        body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body),
        "application/json");
  }

  private JsonNode told(String key, String method, String path, String body) throws Exception {
    return read(ask(key, method, path, body));
  }

  private Kept fill(String key, byte[] picture) throws Exception {
    String session =
        told(key, "POST", "/api/sessions", "{\"title\":\"" + SECRET + "\"}")
            .at("/session/id")
            .asText();
    String image =
        read(ask(key, "POST", "/api/images", BodyPublishers.ofByteArray(picture), "image/png"))
            .at("/image/sha256")
            .asText();
    String events =
        ask(
                key,
                "POST",
                "/api/sessions/" + session + "/turns",
                "{\"requestId\":\"once\",\"say\":{\"text\":\"Who?\",\"images\":[\""
                    + image
                    + "\"]}}")
            .body();
    String last =
        events.strip().substring(events.strip().lastIndexOf("data: ") + "data: ".length());
    JsonNode done = JSON.readTree(last);
    String answer = done.at("/done/id").asText();
    ask(
        key,
        "PUT",
        "/api/sessions/" + session + "/messages/" + answer + "/feedback",
        "{\"rating\":\"RATING_UP\",\"note\":\"" + SECRET + "\"}");
    return new Kept(
        key,
        session,
        done.at("/done/parentId").asText(),
        answer,
        done.path("eventId").asText(),
        image,
        upload(key, picture));
  }

  private String upload(String key, byte[] picture) throws Exception {
    String head =
        """
        --b\r
        Content-Disposition: form-data; name="purpose"\r
        \r
        vision\r
        --b\r
        Content-Disposition: form-data; name="file"; filename="%s.png"\r
        Content-Type: image/png\r
        \r
        """
            .formatted(SECRET);
    BodyPublisher form =
        BodyPublishers.concat(
            BodyPublishers.ofString(head),
            BodyPublishers.ofByteArray(picture),
            BodyPublishers.ofString("\r\n--b--\r\n"));
    return read(ask(key, "POST", "/v1/files", form, "multipart/form-data; boundary=b"))
        .path("id")
        .asText();
  }

  private List<Attack> attacks() {
    String own = "/api/sessions/" + park.session();
    String say = "\"say\":{\"text\":\"Hm\"}";
    List<Attack> all = new ArrayList<>();
    for (String path : List.of("", "/answer", "/answer?after=" + zoo.event())) {
      all.add(new Attack("session", "GET", "/api/sessions/%s" + path, ""));
    }
    all.add(new Attack("session", "PATCH", "/api/sessions/%s", "{\"title\":\"mine\"}"));
    all.add(
        new Attack("session", "PATCH", "/api/sessions/%s", "{\"head\":\"" + zoo.message() + "\"}"));
    all.add(new Attack("session", "DELETE", "/api/sessions/%s", ""));
    all.add(new Attack("session", "POST", "/api/sessions/%s/stop", "{}"));
    all.add(new Attack("session", "POST", "/api/sessions/%s/turns", "{" + say + "}"));
    all.add(
        new Attack(
            "session", "POST", "/api/sessions/%s/turns", "{\"requestId\":\"once\"," + say + "}"));
    all.add(new Attack("session", "POST", "/api/sessions/%s/turns", "{\"wait\":true," + say + "}"));
    all.add(
        new Attack(
            "session",
            "PUT",
            "/api/sessions/%s/messages/" + zoo.answer() + "/feedback",
            "{\"rating\":\"RATING_DOWN\"}"));
    all.add(new Attack("message", "PATCH", own, "{\"head\":\"%s\"}"));
    all.add(
        new Attack(
            "message",
            "POST",
            own + "/turns",
            "{\"edit\":{\"messageId\":\"%s\",\"text\":\"Hm\"}}"));
    all.add(
        new Attack("answer", "POST", own + "/turns", "{\"regenerate\":{\"messageId\":\"%s\"}}"));
    all.add(
        new Attack("answer", "PUT", own + "/messages/%s/feedback", "{\"rating\":\"RATING_DOWN\"}"));
    all.add(new Attack("event", "GET", own + "/answer?after=%s", ""));
    all.add(new Attack("image", "GET", "/api/images/%s", ""));
    all.add(new Attack("image", "GET", "/api/images/%s/attention", ""));
    all.add(
        new Attack(
            "image", "POST", own + "/turns", "{\"say\":{\"text\":\"Hm\",\"images\":[\"%s\"]}}"));
    for (String method : List.of("GET", "DELETE")) {
      all.add(new Attack("file", method, "/v1/files/%s", ""));
    }
    all.add(new Attack("file", "GET", "/v1/files/%s/content", ""));
    all.add(new Attack("file", "GET", "/v1/files?after=%s", ""));
    all.add(
        new Attack(
            "file",
            "POST",
            "/v1/chat/completions",
            "{\"model\":\"parrot\",\"messages\":[{\"role\":\"user\",\"content\":"
                + "[{\"type\":\"file\",\"file\":{\"file_id\":\"%s\"}}]}]}"));
    return all;
  }

  /** An id of the same form that nobody has. */
  private static String unknown(String kind, Random random) {
    byte[] bytes = new byte[32];
    random.nextBytes(bytes);
    String uuid = new UUID(random.nextLong(), random.nextLong()).toString();
    return switch (kind) {
      case "image" -> HexFormat.of().formatHex(bytes);
      case "file" -> "file-" + HexFormat.of().formatHex(bytes, 0, 12);
      case "event" -> uuid + "." + random.nextInt(1 << 30) + ".3";
      default -> uuid;
    };
  }

  /** All that a caller can tell of the answer, with one name for the id. */
  private String answer(Attack attack, String id) throws Exception {
    HttpResponse<String> response =
        ask(
            park.key(),
            attack.method(),
            attack.path().formatted(id),
            attack.body().replace("%s", id));
    Map<String, List<String>> headers = new java.util.TreeMap<>(response.headers().map());
    headers.remove("x-request-id");
    headers.remove("content-length"); // Of events, whose ids differ in length.
    String body = response.body().replace(id, "ID").replace(id.split("\\.", 2)[0], "ID");
    return response.statusCode() + " " + headers + " " + body;
  }

  private List<String> all(Kept kept) throws Exception {
    List<String> seen = new ArrayList<>();
    for (String path :
        List.of(
            "/api/sessions",
            "/api/sessions?query=" + SECRET,
            "/api/sessions/" + kept.session(),
            "/api/images/" + kept.image(),
            "/api/feedback",
            "/v1/files",
            "/v1/files/" + kept.file() + "/content")) {
      HttpResponse<String> response = ask(kept.key(), "GET", path, "");
      assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
      seen.add(response.body());
    }
    return seen;
  }

  @Test
  void aForeignIdIsAnsweredExactlyAsAnUnknownOne() throws Exception {
    List<String> before = all(zoo);
    List<Attack> attacks = attacks();
    Random random = new Random(1);
    for (int i = 0; i < TRIES; i++) {
      Attack attack = attacks.get(i < attacks.size() ? i : random.nextInt(attacks.size()));
      assertThat(answer(attack, zoo.of(attack.kind())))
          .as(attack.toString())
          .doesNotContain(SECRET)
          .isEqualTo(answer(attack, unknown(attack.kind(), random)));
    }
    assertThat(all(zoo)).isEqualTo(before);
  }

  @Test
  void aRunningAnswerOfAnotherTenantIsNeitherSeenNorStopped() throws Exception {
    door.mesh.stages.tokens(1_000_000);
    // Nobody reads it, so that it does not end.
    var answer =
        door.open(
            door.json("/api/sessions/" + zoo.session() + "/turns", "{\"say\":{\"text\":\"Go\"}}")
                .header("Authorization", "Bearer " + zoo.key()));
    assertThat(answer.body().read()).isPositive();
    Random random = new Random(2);
    for (Attack attack : attacks()) {
      if (attack.kind().equals("session")) {
        assertThat(answer(attack, zoo.session()))
            .as(attack.toString())
            .isEqualTo(answer(attack, unknown("session", random)));
      }
    }
    assertThat(all(zoo).get(2)).contains("MESSAGE_STATE_ANSWERING");

    String stop = "/api/sessions/" + zoo.session() + "/stop";
    assertThat(told(zoo.key(), "POST", stop, "{}").path("stopped").asBoolean()).isTrue();
    answer.body().close();
  }

  @Test
  void listsSearchesAndExportsTellOnlyWhatIsOnesOwn() throws Exception {
    String key = key("empty", Role.ADMIN);
    Thread.sleep(1500); // The file of keys is looked at every second.

    assertThat(told(key, "GET", "/api/sessions", "").findValues("id")).isEmpty();
    assertThat(told(key, "GET", "/api/sessions?query=" + SECRET, "").findValues("id")).isEmpty();
    assertThat(told(key, "GET", "/v1/files", "").path("data")).isEmpty();
    assertThat(ask(key, "GET", "/api/feedback", "").body()).isEmpty();
    assertThat(ask(zoo.key(), "GET", "/api/feedback", "").body())
        .contains(zoo.session())
        .doesNotContain(park.session());
    assertThat(ask(key, "GET", "/api/replicas", "").statusCode()).isEqualTo(403);
  }

  @Test
  void thePictureThatBothShowIsEncodedForEachAndDeletedForOne() throws Exception {
    int looks = door.mesh.visionCalls();
    Kept same = fill(park.key(), PICTURE);
    assertThat(door.mesh.visionCalls()).isEqualTo(looks + 1);
    assertThat(same.image()).isEqualTo(zoo.image());
    fill(zoo.key(), PICTURE);
    assertThat(door.mesh.visionCalls()).isEqualTo(looks + 1);

    told(park.key(), "DELETE", "/v1/files/" + same.file(), "");
    told(park.key(), "DELETE", "/api/sessions/" + same.session(), "");

    assertThat(ask(park.key(), "GET", "/api/images/" + same.image(), "").statusCode())
        .isEqualTo(404);
    assertThat(ask(zoo.key(), "GET", "/api/images/" + zoo.image(), "").statusCode()).isEqualTo(200);
  }
}
