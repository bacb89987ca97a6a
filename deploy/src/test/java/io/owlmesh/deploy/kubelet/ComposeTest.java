// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.deploy.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.owlmesh.client.Address;
import io.owlmesh.client.AskRequest;
import io.owlmesh.client.ChatClient;
import io.owlmesh.client.LocalImage;
import io.owlmesh.client.MeshClient;
import io.owlmesh.client.Trace;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.mesh.v1.Condition;
import io.owlmesh.proto.mesh.v1.Stage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The file for one machine, as it stands, run by podman-compose. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class ComposeTest {
  private static final String TAG = "compose";
  private static final String PROJECT = "owlcompose";
  private static final String DOOR = "127.0.0.1";
  private static final Path PICTURE = LoadedImages.ROOT.resolve("deploy/pictures/two-things.png");

  // Where crun refuses the hierarchy of control groups, and a container may not raise its limits.
  private static final String CONTAINERS =
      """
      [engine]
      runtime = "runc"
      cgroup_manager = "cgroupfs"
      [containers]
      default_ulimits = ["nofile=20000:20000", "nproc=30000:30000"]
      """;

  private static final String TWO_REPLICAS = "services: {llm: {deploy: {replicas: 2}}}";

  @TempDir private Path folder;
  private final List<AutoCloseable> open = new ArrayList<>();
  private int grpc;
  private int http;

  @BeforeEach
  void makeImages() throws Exception {
    List<String> missing = Programs.missing("podman", "podman-compose", "runc", "mmdebstrap");
    assumeTrue(missing.isEmpty(), "the file for one machine needs " + missing);
    grpc = freePort();
    http = freePort();
    Files.writeString(folder.resolve("containers.conf"), CONTAINERS);
    LoadedImages images = LoadedImages.load(folder, TAG);
    open.addFirst(images);
    assumeTrue(
        namesAreKnown(),
        "Podman has no networks with names here; Debian's dnsname plugin adds them");
  }

  @AfterEach
  void close() throws Exception {
    Exception failure = null;
    for (AutoCloseable one : open) {
      try {
        one.close();
      } catch (Exception e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral(DOOR))) {
      return free.getLocalPort();
    }
  }

  /** Whether containers of a network find each other by name. */
  private boolean namesAreKnown() throws IOException {
    String network = PROJECT + "_try";
    try {
      podman("network", "create", network);
    } catch (IOException refused) {
      return false;
    }
    try {
      podman("run", "--rm", "--network=" + network, "--entrypoint=true", "owl-vision:" + TAG);
      return podman("network", "inspect", network, "--format={{.DNSEnabled}}").equals("true");
    } catch (IOException refused) {
      return false;
    } finally {
      podman("network", "rm", network);
    }
  }

  private String podman(String... words) throws IOException {
    return run(List.of("podman"), words);
  }

  private String compose(String... words) throws IOException {
    return run(
        List.of(
            "OWL_MODEL=" + LoadedImages.ROOT.resolve("deploy/models/owl-nano"),
            "OWL_TAG=" + TAG,
            "OWL_PORT=" + grpc,
            "OWL_HTTP_PORT=" + http,
            "podman-compose",
            "--project-name=" + PROJECT,
            "--file=compose.yaml"),
        words);
  }

  private String run(List<String> program, String... words) throws IOException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("env", "CONTAINERS_CONF=" + folder.resolve("containers.conf")));
    command.addAll(program);
    command.addAll(List.of(words));
    return Programs.run(command);
  }

  private String ask() throws Exception {
    StringBuilder answer = new StringBuilder();
    try (ChatClient client = new ChatClient(new Address(DOOR, grpc))) {
      client
          .answer(
              new AskRequest("Where is the purple cross?", List.of(LocalImage.read(PICTURE))),
              AnswerOptions.getDefaultInstance(),
              Duration.ofSeconds(60),
              Trace.begin(),
              event -> answer.append(event.getText().getText()))
          .await();
    }
    return answer.toString();
  }

  private void awaitHealth() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://localhost:%d/health".formatted(http))).build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      while (true) {
        try {
          if (client.send(request, BodyHandlers.ofString()).body().contains("\"SERVING\"")) {
            return;
          }
        } catch (IOException notYet) {
          // It is starting.
        }
        TimeUnit.MILLISECONDS.sleep(200);
      }
    }
  }

  private long servingReplicas() throws Exception {
    try (MeshClient view = new MeshClient(new Address(DOOR, grpc))) {
      return view.state().getReplicasList().stream()
          .filter(replica -> replica.getStage() == Stage.STAGE_LLM)
          .filter(replica -> replica.getCondition() == Condition.CONDITION_SERVING)
          .count();
    }
  }

  @Test
  void theFileForOneMachineAnswersAndFindsReplicasAndEndsInPeace() throws Exception {
    open.addFirst(() -> podman("network", "rm", "--force", PROJECT + "_default"));
    String more = "--file=" + Files.writeString(folder.resolve("more.yaml"), TWO_REPLICAS);
    open.addFirst(() -> compose(more, "down", "--volumes"));
    compose("up", "--detach");
    awaitHealth();
    assertThat(ask()).contains("blue square");

    // podman-compose 1.0 does not know up --scale.
    compose(more, "up", "--detach");
    while (servingReplicas() != 2) {
      TimeUnit.MILLISECONDS.sleep(200);
    }
    assertThat(ask()).contains("blue square");

    compose(more, "stop");
    List<String> exits =
        podman(
                "ps",
                "--all",
                "--filter=label=io.podman.compose.project=" + PROJECT,
                "--format={{.Names}} {{.ExitCode}}")
            .lines()
            .toList();
    assertThat(exits).hasSize(5).noneMatch(exit -> exit.endsWith(" 137"));
  }
}
