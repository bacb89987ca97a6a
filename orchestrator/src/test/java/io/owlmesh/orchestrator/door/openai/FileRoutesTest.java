// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.owlmesh.orchestrator.store.Pictures;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Image files that requests show by their names. */
@Timeout(60)
class FileRoutesTest extends OpenAiDoor {
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
