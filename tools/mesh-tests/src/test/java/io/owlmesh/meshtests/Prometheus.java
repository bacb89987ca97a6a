// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.owlmesh.launcher.ChildGuard;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A real Prometheus that scrapes services each second, with the rules of the repository. */
final class Prometheus implements AutoCloseable {
  static final Path RULES = Processes.ROOT.resolve("deploy/prometheus/owlmesh.rules.yaml");

  private final HttpClient http = HttpClient.newHttpClient();
  private final ObjectMapper json = new ObjectMapper();
  private final Process process;
  private final String address;

  private Prometheus(Process process, String address) {
    this.process = process;
    this.address = address;
  }

  /** Skips the test where a program is not installed. */
  static void assumeInstalled(String program) {
    boolean there =
        Arrays.stream(System.getenv("PATH").split(Pattern.quote(File.pathSeparator)))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    assumeTrue(there, program + " is not on the PATH; Debian's package prometheus has it");
  }

  /** Starts it, and does not wait. */
  static Prometheus start(Path folder, List<String> targets) throws IOException {
    String address;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      address = "127.0.0.1:" + free.getLocalPort();
    }
    Path config = folder.resolve("prometheus.yml");
    String quoted =
        targets.stream().map(target -> '"' + target + '"').collect(Collectors.joining(", "));
    Files.writeString(
        config,
        """
        global: {scrape_interval: 1s, evaluation_interval: 1s}
        rule_files: ["%s"]
        scrape_configs:
          - job_name: owlmesh
            metrics_path: /q/metrics
            static_configs: [{targets: [%s], labels: {namespace: mesh}}]
        """
            .formatted(RULES, quoted));
    Process process =
        new ProcessBuilder(
                "prometheus",
                "--config.file=" + config,
                "--storage.tsdb.path=" + folder.resolve("tsdb"),
                "--web.listen-address=" + address)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("prometheus.log").toFile())
            .start();
    ChildGuard.over(process.toHandle());
    return new Prometheus(process, address);
  }

  /** Values of an expression now, those among them that are numbers; it must be a valid one. */
  List<Double> query(String expression) throws Exception {
    String parameter = URLEncoder.encode(expression, StandardCharsets.UTF_8);
    List<Double> values = new ArrayList<>();
    for (JsonNode series : get("query?query=" + parameter).path("result")) {
      double value = Double.parseDouble(series.path("value").path(1).asText());
      if (!Double.isNaN(value)) {
        values.add(value);
      }
    }
    return values;
  }

  /** Names of all metrics that were scraped or recorded. */
  Set<String> names() throws Exception {
    Set<String> names = new TreeSet<>();
    get("label/__name__/values").forEach(name -> names.add(name.asText()));
    return names;
  }

  /** Waits until it answers. */
  void await() throws Exception {
    for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60); ; ) {
      try {
        names();
        return;
      } catch (IOException notYet) {
        assertThat(System.nanoTime()).as("it does not answer").isLessThan(end);
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
  }

  private JsonNode get(String path) throws Exception {
    URI uri = URI.create("http://" + address + "/api/v1/" + path);
    String body =
        http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString()).body();
    JsonNode answer = json.readTree(body);
    assertThat(answer.path("status").asText()).as("%s: %s", path, body).isEqualTo("success");
    return answer.path("data");
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
