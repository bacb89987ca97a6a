// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.Status;
import io.owlmesh.orchestrator.http.Door;
import io.owlmesh.orchestrator.store.Pictures;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models, completions and files over HTTP, on a mesh that says back what it is shown. */
@Timeout(60)
class OpenAiRoutesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PICTURE = data("image/png", Pictures.png(1).toByteArray());

  @TempDir Path folder;
  private Door door;
  private OpenAiRoutes routes;

  private record Nowhere() implements OpenAiConfig {
    @Override
    public Optional<List<String>> imageOrigins() {
      return Optional.empty();
    }

    @Override
    public Duration imageFetchTimeout() {
      return Duration.ofSeconds(5);
    }
  }

  @BeforeEach
  void open() throws Exception {
    door =
        new Door(
            folder,
            Map.of(
                "owl.max-answers", "2",
                "owl.max-images", "3",
                "owl.max-image-bytes", "20000",
                "owl.max-request-bytes", "100000"));
    routes =
        new OpenAiRoutes(
            door.mesh.answers,
            door.mesh.front,
            door.kept.sessions(),
            door.mesh.settings,
            new Nowhere(),
            door.vertx());
    FileRoutes files = new FileRoutes(door.mesh.answers, door.kept.sessions(), door.mesh.settings);
    door.with(routes::install).with(files::install);
  }

  @AfterEach
  void close() {
    routes.close();
    door.close();
  }

  private static String data(String type, byte[] content) {
    return "data:" + type + ";base64," + Base64.getEncoder().encodeToString(content);
  }

  private HttpResponse<String> complete(String content, String options) throws Exception {
    return door.post(
        "/v1/chat/completions",
        """
        {"model":"parrot","messages":[{"role":"system","content":"S"},
          {"role":"user","content":%s}]%s}
        """
            .formatted(content, options));
  }

  private static String shown(String part) {
    return "[{\"type\":\"text\",\"text\":\"Who?\"}," + part + "]";
  }

  private static String url(String url) {
    return shown("{\"type\":\"image_url\",\"image_url\":{\"url\":\"" + url + "\"}}");
  }

  private static JsonNode read(HttpResponse<String> response) throws Exception {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JSON.readTree(response.body());
  }

  private static void assertError(HttpResponse<String> response, int status, String param)
      throws Exception {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    JsonNode error = JSON.readTree(response.body()).path("error");
    assertThat(error.path("param").asText("")).as(response.body()).isEqualTo(param);
  }

  /** A form as clients send it. */
  private HttpResponse<String> upload(String purpose, String filename, byte[] file, String more)
      throws Exception {
    String head =
        """
        --b\r
        Content-Disposition: form-data; name="purpose"\r
        \r
        %s\r
        %s--b\r
        Content-Disposition: form-data; name="file"; filename="%s"\r
        Content-Type: image/png\r
        \r
        """
            .formatted(purpose, more, filename);
    return door.send(
        door.request("/v1/files")
            .header("Content-Type", "multipart/form-data; boundary=b")
            .POST(
                BodyPublishers.concat(
                    BodyPublishers.ofString(head),
                    BodyPublishers.ofByteArray(file),
                    BodyPublishers.ofString("\r\n--b--\r\n"))));
  }

  @Test
  void modelsAreTheMeshAndItsAdapters() throws Exception {
    JsonNode list = read(door.get("/v1/models"));

    assertThat(list.path("data").findValuesAsText("id")).containsExactly("parrot", "parrot:polite");
    assertThat(read(door.get("/v1/models/parrot%3Apolite")).path("object").asText())
        .isEqualTo("model");
    assertError(door.get("/v1/models/owl"), 404, "model");
  }

  @Test
  void aPictureReachesItsPlace() throws Exception {
    JsonNode completion = read(complete(url(PICTURE), ""));

    assertThat(completion.path("choices").get(0).path("message").path("content").asText())
        .startsWith("S\nHuman: [\ufffdPNG")
        .endsWith("\nHuman: Who?\nAI: +");
    assertThat(completion.path("model").asText()).isEqualTo("parrot");
    assertThat(completion.path("id").asText()).startsWith("chatcmpl-");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"type":"image_url"}                                     | .image_url        | is missing
          {"type":"image_url","image_url":7}                       | .image_url        | is no object
          {"type":"image_url","image_url":{}}                      | .image_url.url    | is missing
          {"type":"image_url","image_url":{"url":7}}               | .image_url.url    | is no string
          {"type":"image_url","image_url":{"url":"data:,","detail":"best"}} | .image_url.detail | 'best' is none of
          {"type":"image_url","image_url":{"url":"data:,","size":1}} | .image_url.size | is not supported
          {"type":"image_url","image_url":"data:image/png;base64"} | .image_url        | has no comma
          {"type":"image_url","image_url":"data:image/png,abc"}    | .image_url        | is not in base64
          {"type":"image_url","image_url":"data:text/plain;base64,YQ=="} | .image_url  | 'text/plain'
          {"type":"image_url","image_url":"data:image/png;base64,#"} | .image_url      | is no base64
          {"type":"image_url","image_url":"data:image/png;base64,"}  | .image_url      | is empty
          {"type":"image_url","image_url":"data:image/png;base64,YQ=="} | .image_url   | accepted
          {"type":"image_url","image_url":"https://images.example.org/a.png"} | .image_url | OWL_IMAGE_ORIGINS
          {"type":"image_url","image_url":"file:///etc/passwd"}    | .image_url        | neither a data: nor
          {"type":"file"}                                          | .file             | is missing
          {"type":"file","file":{}}                                | .file.file_data   | is missing
          {"type":"file","file":{"file_id":""}}                    | .file.file_id     | no file ''
          {"type":"file","file":{"file_id":"file-1"}}              | .file.file_id     | no file 'file-1'
          {"type":"file","file":{"file_id":"\\u0000"}}             | .file.file_id     | NUL
          {"type":"file","file":{"id":"1"}}                        | .file.id          | is not supported
          """)
  void anImageThatCannotBeHadIsRefusedByItsPlace(String part, String field, String why)
      throws Exception {
    int before = door.mesh.llmCalls();
    HttpResponse<String> refused = complete(shown(part), "");

    assertError(refused, why.startsWith("no file") ? 404 : 400, "messages[1].content[1]" + field);
    assertThat(refused.body()).contains(why);
    assertThat(door.mesh.llmCalls()).isEqualTo(before);
  }

  @Test
  void anImageOverTheLimitIsRefusedBeforeItIsDecoded() throws Exception {
    HttpResponse<String> refused = complete(url(data("image/png", new byte[20_010])), "");

    assertError(refused, 400, "messages[1].content[1].image_url.url");
    assertThat(refused.body()).contains("20000 bytes");
    assertError(complete(url(data("image/png", new byte[100_000])), ""), 413, "");
  }

  @Test
  void aStreamIsToldAsItComes() throws Exception {
    String stream = complete("\"Who?\"", ",\"stream\":true").body();

    assertThat(stream).endsWith("data: [DONE]\n\n").contains("Human: Who?\\nAI: ", "\"+\"");
  }

  @Test
  void aFailureBeforeTheFirstTokenIsAStatusAlsoOfAStream() throws Exception {
    assertError(complete("\"Who?\"", ",\"stream\":true,\"temperature\":9"), 400, "temperature");
    door.mesh.stages.fail(door.mesh.llm(), Status.UNAVAILABLE, 1);
    assertError(complete("\"Who?\"", ",\"stream\":true"), 503, "");
  }

  @Test
  void aReaderWhoLeavesFreesHisPlace() throws Exception {
    door.mesh.stages.tokens(300_000);
    String request =
        "{\"model\":\"parrot\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}";
    InputStream first = door.open(door.json("/v1/chat/completions", request)).body();
    InputStream second = door.open(door.json("/v1/chat/completions", request)).body();
    assertThat(first.readNBytes(5000)).hasSize(5000);
    assertThat(second.readNBytes(5000)).hasSize(5000);
    HttpResponse<String> third = door.post("/v1/chat/completions", request);
    assertError(third, 429, "");
    assertThat(third.headers().firstValue("Retry-After")).contains("1");

    first.close();
    door.mesh.stages.tokens(2);
    do {
      third = door.post("/v1/chat/completions", request);
    } while (third.statusCode() == 429);
    assertThat(third.statusCode()).isEqualTo(200);
    second.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",\"stream\":true"})
  void anAnswerThatFailsIsAStatusWhereNothingWasToldYet(String stream) throws Exception {
    door.mesh.stages.fail(door.mesh.llm(), Status.RESOURCE_EXHAUSTED.withDescription("full"), 1);

    assertError(complete("\"Who?\"", stream), 429, "");
  }

  @Test
  void aFileIsUploadedListedShownAndDeleted() throws Exception {
    byte[] picture = Pictures.png(2).toByteArray();
    JsonNode file = read(upload("vision", "bird.png", picture, ""));
    String id = file.path("id").asText();
    assertThat(file.path("bytes").asInt()).isEqualTo(picture.length);
    assertThat(file.path("filename").asText()).isEqualTo("bird.png");
    String other = read(upload("user_data", "b\u00e4r.png", picture, "")).path("id").asText();

    JsonNode page = read(door.get("/v1/files?limit=1"));
    assertThat(page.path("data").findValuesAsText("id")).containsExactly(other);
    assertThat(page.path("has_more").asBoolean()).isTrue();
    JsonNode rest = read(door.get("/v1/files?limit=1&after=" + other));
    assertThat(rest.path("data").get(0)).isEqualTo(file);
    assertThat(rest.path("has_more").asBoolean()).isFalse();
    assertThat(read(door.get("/v1/files/" + id))).isEqualTo(file);
    assertThat(door.get("/v1/files/" + id + "/content").headers().firstValue("Content-Type"))
        .contains("image/png");
    String shown = shown("{\"type\":\"file\",\"file\":{\"file_id\":\"" + id + "\"}}");
    assertThat(complete(shown, "").body()).contains("PNG");

    assertThat(
            read(door.send(door.request("/v1/files/" + id).DELETE())).path("deleted").asBoolean())
        .isTrue();
    assertError(door.get("/v1/files/" + id), 404, "file_id");
    assertError(complete(shown, ""), 404, "messages[1].content[1].file.file_id");
  }

  @Test
  void aFileThatCannotBeKeptIsRefusedByItsField() throws Exception {
    byte[] picture = Pictures.png(3).toByteArray();
    assertError(upload("fine-tune", "a.png", picture, ""), 400, "purpose");
    assertError(upload("vision", "", picture, ""), 400, "file");
    assertError(upload("vision", "a".repeat(256), picture, ""), 400, "file");
    assertError(
        upload("vision", "a.png", "no image".getBytes(StandardCharsets.UTF_8), ""), 400, "file");
    assertError(upload("vision", "a.png", new byte[20_001], ""), 413, "");
    assertError(upload("vision", "a.png", new byte[500_000], ""), 413, "");
    String more =
        "--b\r\nContent-Disposition: form-data; name=\"expires_after[anchor]\"\r\n\r\nx\r\n";
    assertError(upload("vision", "a.png", picture, more), 400, "expires_after[anchor]");
    String second =
        "--b\r\nContent-Disposition: form-data; name=\"mask\"; filename=\"m\"\r\n\r\nx\r\n";
    assertError(upload("vision", "a.png", picture, second), 400, "mask");
    assertError(door.get("/v1/files?purpose=vision"), 400, "purpose");
    assertError(door.get("/v1/files?limit=0"), 400, "limit");
    assertError(door.get("/v1/files?after=file-1"), 404, "file_id");
    assertThat(read(door.get("/v1/files")).path("data")).isEmpty();
  }

  @Test
  void whatIsNoFormIsRefused() throws Exception {
    assertError(door.post("/v1/files", "{}"), 415, "");
    assertError(
        door.send(
            door.request("/v1/files")
                .header("Content-Type", "multipart/form-data")
                .POST(BodyPublishers.ofString("x"))),
        400,
        "purpose");
    assertError(
        door.send(
            door.request("/v1/files")
                .header("Content-Type", "multipart/form-data; boundary=b")
                .POST(BodyPublishers.ofString("--b\r\nContent-Disposition: form-data"))),
        400,
        "purpose");
  }
}
