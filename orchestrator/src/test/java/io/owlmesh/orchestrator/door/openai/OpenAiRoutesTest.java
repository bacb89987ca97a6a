// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.grpc.Status;
import io.owlmesh.orchestrator.store.Pictures;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models and completions over HTTP, on a mesh that says back what it is shown. */
@Timeout(60)
class OpenAiRoutesTest extends OpenAiDoor {
  private static final String PICTURE = data("image/png", Pictures.png(1).toByteArray());

  private static String data(String type, byte[] content) {
    return "data:" + type + ";base64," + Base64.getEncoder().encodeToString(content);
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
    assertError(complete("\"Who?\"", ",\"stream\":true"), 503, "llm");
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
}
