// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.page;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.owlmesh.orchestrator.door.http.HttpDoor;
import io.owlmesh.orchestrator.store.Pictures;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The page's API on a mesh that says back what it is shown. */
@Timeout(60)
class ApiRoutesTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private HttpDoor door;

  @BeforeEach
  void open() throws Exception {
    door = new HttpDoor(folder, Map.of("owl.max-answers", "1", "owl.max-waiting-answers", "0"));
  }

  @AfterEach
  void close() throws Exception {
    door.close();
  }

  private JsonNode ask(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> response = door.send(request);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JSON.readTree(response.body());
  }

  private void assertError(HttpResponse<String> response, int status, String param)
      throws Exception {
    JsonNode error = JSON.readTree(response.body()).path("error");
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(error.path("param").asText("")).isEqualTo(param);
    assertThat(error.path("message").asText()).isNotEmpty();
  }

  private String session() throws Exception {
    JsonNode created =
        ask(door.json("/api/sessions", "{\"settings\":{\"system\":\"S\"}}")).path("session");
    return "/api/sessions/" + created.path("id").asText();
  }

  private static HttpRequest.Builder patch(HttpRequest.Builder request, String json) {
    return request.method("PATCH", BodyPublishers.ofString(json));
  }

  private List<JsonNode> turn(String session, String json) throws Exception {
    return events(door.post(session + "/turns", json));
  }

  /** Events of a stream; each is one line of data, after its id. */
  private static List<JsonNode> events(HttpResponse<String> response) throws Exception {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    List<JsonNode> events = new ArrayList<>();
    for (String event : response.body().strip().split("\n\n", -1)) {
      String[] lines = event.split("\n", -1);
      assertThat(lines).hasSize(2);
      JsonNode data = JSON.readTree(lines[1].substring("data: ".length()));
      assertThat(lines[0]).isEqualTo("id: " + data.path("eventId").asText());
      events.add(data);
    }
    return events;
  }

  @Test
  void anAnswerIsFollowedFromTheLastEventThatTheCallerHas() throws Exception {
    String session = session();
    door.mesh.stages.tokens(5);
    List<JsonNode> told = turn(session, "{\"say\":{\"text\":\"Who?\"}}");
    String answer = told.getLast().path("done").path("text").asText();

    assertThat(text(events(door.send(door.request(session + "/answer"))))).isEqualTo(answer);
    for (JsonNode event : told) {
      String id = event.path("eventId").asText();
      List<JsonNode> rest =
          events(door.send(door.request(session + "/answer").header("Last-Event-ID", id)));
      assertThat(rest).isEqualTo(events(door.send(door.request(session + "/answer?after=" + id))));
      String before = text(told.subList(0, told.indexOf(event) + 1));
      assertThat(before + text(rest)).isEqualTo(answer);
      assertThat(rest.getLast()).isEqualTo(told.getLast());
    }
    assertError(door.get(session + "/answer?after=7"), 400, "after");
    assertError(door.get(session() + "/answer"), 404, "session_id");
  }

  private static String text(List<JsonNode> events) {
    StringBuilder all = new StringBuilder();
    events.forEach(event -> all.append(event.path("text").path("text").asText()));
    return all.toString();
  }

  @Test
  void aConversationAboutAPictureGoesThroughAllOfIt() throws Exception {
    String image =
        ask(door.request("/api/images")
                .header("Content-Type", "image/png")
                .POST(BodyPublishers.ofByteArray(Pictures.png(1).toByteArray())))
            .path("image")
            .path("sha256")
            .asText();
    String session = session();
    List<JsonNode> events =
        turn(session, "{\"say\":{\"text\":\"Who?\",\"images\":[\"%s\"]}}".formatted(image));
    assertThat(events.getFirst().has("accepted")).isTrue();
    JsonNode answer = events.getLast().path("done");
    assertThat(answer.path("state").asText()).isEqualTo("MESSAGE_STATE_COMPLETE");

    String feedback = session + "/messages/" + answer.path("id").asText() + "/feedback";
    ask(
        door.request(feedback)
            .header("Content-Type", "application/json")
            .PUT(BodyPublishers.ofString("{\"rating\":\"RATING_UP\"}")));
    assertThat(door.get("/api/feedback?rating=up").body()).endsWith("}\n").contains("Who?");
    assertThat(door.get("/api/feedback?rating=down").body()).isEmpty();
    ask(patch(door.json(session, ""), "{\"title\":\"Birds\"}"));
    assertThat(ask(door.request("/api/sessions")).path("sessions").get(0).path("title").asText())
        .isEqualTo("Birds");
    assertThat(ask(door.request(session)).path("messages").size()).isEqualTo(2);
    assertThat(door.get("/api/images/" + image).headers().firstValue("Content-Type"))
        .contains("image/png");
    assertThat(ask(door.request(session).DELETE())).isEmpty();
    assertError(door.get(session), 404, "session_id");
  }

  @Test
  void aClosedConnectionInterruptsTheAnswerAndFreesItsPlace() throws Exception {
    door.mesh.stages.tokens(300_000);
    String session = session();
    try (InputStream in =
        door.open(door.json(session + "/turns", "{\"say\":{\"text\":\"Who?\"}}")).body()) {
      assertThat(in.readNBytes(1000)).hasSize(1000);
      assertError(door.post(session() + "/turns", "{\"say\":{\"text\":\"Who?\"}}"), 429, "");
    }
    JsonNode answer;
    do { // That it was closed is on its way.
      TimeUnit.MILLISECONDS.sleep(20);
      answer = ask(door.request(session)).path("messages").get(1);
    } while (answer.path("state").asText().equals("MESSAGE_STATE_ANSWERING"));

    assertThat(answer.path("state").asText()).isEqualTo("MESSAGE_STATE_INTERRUPTED");
    door.mesh.stages.tokens(2);
    assertThat(turn(session(), "{\"say\":{\"text\":\"Who?\"}}")).isNotEmpty();
  }

  @Test
  void theReplicasAreToldAtOnceAndSoManyMayWatch() throws Exception {
    List<InputStream> watching = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      InputStream events = door.open(door.request("/api/replicas")).body();
      watching.add(events);
      String first = new String(events.readNBytes(6), UTF_8);
      assertThat(first).isEqualTo("data: ");
    }
    assertError(door.send(door.request("/api/replicas")), 429, "");

    StringBuilder data = new StringBuilder();
    for (int c = watching.getFirst().read(); c != '\n'; c = watching.getFirst().read()) {
      data.append((char) c);
    }
    JsonNode replicas = JSON.readTree(data.toString()).path("replicas");
    assertThat(replicas)
        .extracting(replica -> replica.path("stage").asText())
        .containsExactly("STAGE_VISION", "STAGE_ABSTRACTOR", "STAGE_LLM");

    for (InputStream events : watching) {
      events.close();
    }
    HttpResponse<InputStream> again;
    do { // That they were closed is on its way.
      TimeUnit.MILLISECONDS.sleep(20);
      again = door.open(door.request("/api/replicas"));
      again.body().close();
    } while (again.statusCode() != 200);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"settings":{"system":"\\u0000"}} | settings.system
          {"settings":{"system":"\\ud800"}} | settings.system
          {"title":"a\\udc00"}              | title
          {"nonsense":1}                    | body
          []                                | body
          {"settings":{"options":{"temperature":1e400}}} | body
          {"settings":{"options":{"seed":"-1"}}}         | body
          {                                 | body
          """)
  void aBodyThatCannotBeReadIsRefusedByItsField(String json, String field) throws Exception {
    assertError(door.post("/api/sessions", json), 400, field);
  }

  @Test
  void aBodyThatIsNestedWithoutEndIsRefused() throws Exception {
    assertError(door.post("/api/sessions", "{\"a\":".repeat(100_000)), 400, "body");
    assertError(door.post("/api/sessions", "[".repeat(1_000_000)), 400, "body");
  }

  @Test
  void bytesThatAreNoTextAreRefused() throws Exception {
    byte[] body = {'{', '"', 't', 'i', 't', 'l', 'e', '"', ':', '"', (byte) 0xc3, '"', '}'};

    assertError(
        door.send(door.json("/api/sessions", "").POST(BodyPublishers.ofByteArray(body))),
        400,
        "body");
  }

  @ParameterizedTest
  @CsvSource({
    "GET,    /api/nothing,              404",
    "GET,    /v1/nothing,               404",
    "GET,    /nothing,                  404",
    "DELETE, /api/sessions,             405",
    "PUT,    /api/sessions/x,           405",
    "OPTIONS,/api/sessions,             405",
    "GET,    /api/sessions/x/turns,     405",
    "GET,    /api/sessions?pageSize=%zz,400",
    "GET,    /api/sessions?pageSize=x,  400",
    "GET,    /api/sessions?pageSize=999,400",
    "GET,    /api/feedback?rating=best, 400",
    "GET,    /api/images/%00,           400",
    "GET,    /api/images/x,             400",
  })
  void whatIsNotThereIsToldAsEverythingElse(String method, String path, int status)
      throws Exception {
    String response =
        door.raw(
            "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                .formatted(method, path));

    assertThat(response).startsWith("HTTP/1.1 " + status).contains("\r\n\r\n{\"error\":{");
    assertThat(response.toLowerCase(java.util.Locale.ROOT))
        .contains("content-type: application/json");
  }

  @Test
  void aWrongMethodIsToldTheRightOnes() throws Exception {
    HttpResponse<String> refused = door.send(door.request("/api/sessions/x").PUT(noBody()));

    assertThat(refused.headers().firstValue("Allow")).contains("DELETE, GET, HEAD, PATCH");
    assertThat(refused.body()).contains("method_not_allowed", "does not take PUT");
    HttpRequest.Builder head = door.request("/api/mesh").method("HEAD", noBody());
    assertThat(door.send(head).statusCode()).isEqualTo(200);
  }

  private static HttpRequest.BodyPublisher noBody() {
    return BodyPublishers.noBody();
  }

  @Test
  void anotherVersionOfHttpIsSpokenTooAndSurvivesRefusals() throws Exception {
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
      URI mesh = URI.create("http://127.0.0.1:" + door.port() + "/api/mesh");
      client.send(HttpRequest.newBuilder(mesh).build(), BodyHandlers.ofString()); // Upgrades.
      URI images = mesh.resolve("/api/sessions");
      HttpRequest tooLarge =
          HttpRequest.newBuilder(images)
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofByteArray(new byte[5_000_000]))
              .build();

      HttpResponse<String> refused = client.send(tooLarge, BodyHandlers.ofString());
      HttpResponse<String> after =
          client.send(HttpRequest.newBuilder(mesh).build(), BodyHandlers.ofString());

      assertThat(refused.version()).isEqualTo(HttpClient.Version.HTTP_2);
      assertThat(refused.statusCode()).isEqualTo(413);
      assertThat(after.statusCode()).isEqualTo(200);
    }
  }
}
