// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.client.Address;
import io.owlmesh.client.AskRequest;
import io.owlmesh.client.ChatClient;
import io.owlmesh.client.Connection;
import io.owlmesh.client.Trace;
import io.owlmesh.core.identity.ApiKey;
import io.owlmesh.core.identity.ApiKey.Secret;
import io.owlmesh.core.identity.KeyFile;
import io.owlmesh.core.identity.Role;
import io.owlmesh.launcher.LocalAuthority;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.vision.v1.DescribeRequest;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A mesh of processes with certificates of a local authority; at the end with keys. */
@Timeout(300)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class EncryptedMeshTest {
  private static final int ROTATIONS = Integer.getInteger("owl.rotations", 5);
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir static Path folder;
  private static LocalAuthority authority;
  private static Processes mesh;

  @BeforeAll
  static void open() throws Exception {
    Path tls = folder.resolve("tls");
    authority = LocalAuthority.in(tls);
    authority.issueAll("127.0.0.1");
    mesh = Processes.encrypted(folder, Processes.TINY_CHECKPOINT, tls).start();
  }

  @AfterAll
  static void close() {
    mesh.close();
  }

  private static Address as(String identity, String service) {
    return new Address(
        "127.0.0.1",
        mesh.address(service).port(),
        Optional.of(folder.resolve("tls").resolve(identity)));
  }

  @Test
  @Order(1)
  void certificatesChangeUnderLoadAndNoAnswerFails() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    AtomicInteger answers = new AtomicInteger();
    Callable<Void> asking =
        () -> {
          while (!over.get()) {
            // A connection each, which sees the certificates of its moment.
            try (ChatClient client = new ChatClient(mesh.address("orchestrator"))) {
              client
                  .answer(
                      new AskRequest("Who?", List.of()),
                      AnswerOptions.getDefaultInstance(),
                      LIMIT,
                      Trace.begin(),
                      _ -> {})
                  .await();
            }
            answers.incrementAndGet();
          }
          return null;
        };
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Void>> all = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        all.add(callers.submit(asking));
      }
      for (int i = 0; i < ROTATIONS; i++) {
        authority.issueAll("127.0.0.1");
        int before = answers.get();
        TimeUnit.MILLISECONDS.sleep(1_200);
        while (answers.get() < before + 3 && all.stream().noneMatch(Future::isDone)) {
          TimeUnit.MILLISECONDS.sleep(20);
        }
      }
      over.set(true);
      for (Future<Void> caller : all) {
        caller.get();
      }
    }

    assertThat(mesh.logOf("orchestrator")).contains("have changed");
  }

  @Test
  @Order(2)
  void aStageLetsTheOrchestratorInAndNobodyElse() throws Exception {
    assertThat(describeVision("orchestrator")).isNotEmpty();
    for (String other : List.of("trainer", "operator", "llm")) {
      assertThatThrownBy(() -> describeVision(other))
          .hasMessageContaining("PERMISSION_DENIED")
          .hasMessageNotContaining("orchestrator");
    }

    assertThat(mesh.logOf("vision"))
        .contains("Refused a call of spiffe://owlmesh/trainer; expected is one of [orchestrator]");
  }

  private static String describeVision(String identity) {
    try (Connection connection = new Connection(as(identity, "vision"), Map.of())) {
      return VisionEncoderGrpc.newBlockingStub(connection.channel())
          .withDeadlineAfter(20, TimeUnit.SECONDS)
          .describe(DescribeRequest.getDefaultInstance())
          .getVisionDigest();
    }
  }

  @Test
  @Order(3)
  void thePageIsEncryptedWithTheSameCertificate() throws Exception {
    assertThat(get("/health").body()).contains("SERVING");
    HttpResponse<String> page = get("/");
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(page.version()).isEqualTo(HttpClient.Version.HTTP_2);
  }

  private static HttpResponse<String> get(String path) throws Exception {
    SSLContext context = Trust.in(folder.resolve("tls/ca.crt"));
    try (HttpClient client = HttpClient.newBuilder().sslContext(context).build()) {
      return client.send(
          HttpRequest.newBuilder(URI.create(mesh.http("orchestrator") + path)).build(),
          BodyHandlers.ofString());
    }
  }

  @Test
  @Order(4)
  void theFirstKeyClosesBothDoorsOfTheRunningMesh() throws Exception {
    Secret secret = Secret.random();
    new KeyFile(folder.resolve("data/keys"))
        .add(ApiKey.of(secret, Role.USER, "zoo", Instant.now(), Optional.empty(), ""));
    while (get("/api/mesh").statusCode() != 401) {
      TimeUnit.MILLISECONDS.sleep(50);
    }

    assertThatThrownBy(() -> model(Map.of())).hasMessageContaining("UNAUTHENTICATED");
    assertThat(model(Map.of(Connection.KEY, secret.credential()))).isNotEmpty();
    assertThat(get("/sign-in.html").statusCode()).isEqualTo(200);
  }

  private static String model(Map<String, String> environment) {
    try (Connection connection = new Connection(mesh.address("orchestrator"), environment)) {
      return ChatGrpc.newBlockingStub(connection.channel())
          .withDeadlineAfter(20, TimeUnit.SECONDS)
          .describe(io.owlmesh.proto.chat.v1.DescribeRequest.getDefaultInstance())
          .getModel();
    }
  }
}
