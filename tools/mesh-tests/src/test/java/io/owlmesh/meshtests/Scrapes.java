// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Reads what the services of a mesh tell at their management ports. */
record Scrapes(Processes mesh) {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  HttpResponse<String> get(String service, String path, String accept) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + mesh.management(service) + path))
            .header("Accept", accept)
            .build();
    return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
  }

  String metrics(String service) throws Exception {
    return get(service, "/q/metrics", "*/*").body();
  }

  /** The value of the series of a metric that have this label, added up. */
  double value(String service, String name, String label) throws Exception {
    return metrics(service)
        .lines()
        .filter(line -> line.startsWith(name + "{") && line.contains(label))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  /** Asks about a picture, and through the door of HTTP; the trace of the latter. */
  String ask(ManagedChannel door) throws Exception {
    Dialogues.Golden golden = Dialogues.aboutAnImage();
    assertThat(AnswerCaller.ask(door, golden).text()).isEqualTo(golden.answer());
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(mesh.http("orchestrator") + "/v1/chat/completions"))
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    """
                    {"model": "safetensors", "max_tokens": 8,
                     "messages": [{"role": "user", "content": "What is there?"}]}
                    """))
            .build();
    HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return response.headers().firstValue("X-Request-Id").orElseThrow();
  }
}
