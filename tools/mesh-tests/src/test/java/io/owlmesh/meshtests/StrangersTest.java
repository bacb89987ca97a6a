// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Channel;
import io.grpc.Status;
import io.owlmesh.client.Address;
import io.owlmesh.client.Connection;
import io.owlmesh.core.identity.ApiKey;
import io.owlmesh.core.identity.ApiKey.Secret;
import io.owlmesh.core.identity.KeyFile;
import io.owlmesh.core.identity.Role;
import io.owlmesh.launcher.LocalAuthority;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every method and route of every port of a running mesh, asked without a credential and with
 * wrong, expired, revoked and foreign ones: nobody is answered, and nobody learns what there is. In
 * the long form, {@code -Dowl.requests=10000}.
 */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class StrangersTest {
  private static final int REQUESTS = Integer.getInteger("owl.requests", 1);
  private static final List<String> STAGES = List.of("vision", "abstractor", "llm");
  @TempDir private Path folder;
  private final List<Connection> connections = new ArrayList<>();
  private final List<Attempt> attempts = new ArrayList<>();
  private Processes mesh;
  private HttpClient http;
  private String admin = "";
  private Map<String, String> wrongKeys = Map.of();

  /**
   * Something that a stranger tries.
   *
   * @param alike of those that must all be told the same
   * @param what for people
   */
  private record Attempt(String alike, String what, Callable<String> told) {}

  @BeforeEach
  void open() throws Exception {
    Path tls = folder.resolve("tls");
    LocalAuthority.in(tls).issueAll("127.0.0.1");
    KeyFile keys = new KeyFile(Files.createDirectories(folder.resolve("data")).resolve("keys"));
    admin = key(keys, Optional.empty());
    String revoked = key(keys, Optional.empty());
    keys.revoke(revoked.substring("owl_".length(), "owl_".length() + 8));
    wrongKeys = new LinkedHashMap<>();
    wrongKeys.put("none", "");
    wrongKeys.put("unknown", Secret.random().credential());
    wrongKeys.put("expired", key(keys, Optional.of(Instant.now().minusSeconds(1))));
    wrongKeys.put("revoked", revoked);
    wrongKeys.put("changed", admin.substring(0, admin.length() - 4) + "AAAA");
    wrongKeys.put("foreign", "sk-proj-0123456789abcdef");
    wrongKeys.put("token", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.");
    mesh =
        Processes.encrypted(
                folder, Processes.TINY_CHECKPOINT, tls, Map.of("OWL_MANAGEMENT", "true"))
            .start();
    http = HttpClient.newBuilder().sslContext(Trust.in(tls.resolve("ca.crt"))).build();
  }

  @AfterEach
  void close() {
    connections.forEach(Connection::close);
    http.close();
    mesh.close();
  }

  private static String key(KeyFile keys, Optional<Instant> expires) throws Exception {
    Secret secret = Secret.random();
    keys.add(ApiKey.of(secret, Role.ADMIN, "default", Instant.now(), expires, ""));
    return secret.credential();
  }

  /** Folders with certificates of clients that a stage does not know. */
  private Map<String, Path> strangersToStages() throws Exception {
    Path authority = folder.resolve("tls/ca.crt");
    Path foreign = folder.resolve("foreign");
    LocalAuthority.in(foreign).issue("orchestrator", "127.0.0.1");
    Path expired = folder.resolve("expired");
    Files.createDirectories(expired);
    for (String file : List.of("ca.key", "ca.crt")) {
      Files.copy(folder.resolve("tls").resolve(file), expired.resolve(file));
    }
    LocalAuthority.in(expired).issue("orchestrator", "127.0.0.1", Duration.ofSeconds(-1));
    Path none = Files.createDirectories(folder.resolve("none"));
    Map<String, Path> strangers = new TreeMap<>();
    strangers.put("none", none);
    strangers.put("foreign", foreign.resolve("orchestrator"));
    strangers.put("expired", expired.resolve("orchestrator"));
    for (Path stranger : strangers.values()) {
      Files.copy(authority, stranger.resolve("ca.crt"), StandardCopyOption.REPLACE_EXISTING);
    }
    return strangers;
  }

  private Channel channel(String service, Path tls, String key) {
    Address address = new Address("127.0.0.1", mesh.address(service).port(), Optional.of(tls));
    Connection connection =
        new Connection(address, key.isEmpty() ? Map.of() : Map.of(Connection.KEY, key));
    connections.add(connection);
    return connection.channel();
  }

  private HttpResponse<String> send(String url, String route, String key) throws Exception {
    String[] parts = route.split(" ", 2);
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + parts[1]))
            .header("Content-Type", "application/json")
            .method(
                parts[0],
                parts[0].equals("GET") ? BodyPublishers.noBody() : BodyPublishers.ofString("{}"));
    if (!key.isEmpty()) {
      request.header("Authorization", "Bearer " + key);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  private void tryStages() throws Exception {
    Map<String, Path> strangers = strangersToStages();
    for (String stage : STAGES) {
      for (Map.Entry<String, Path> stranger : strangers.entrySet()) {
        // What is told of a handshake that failed is the library's; that it failed is all there is.
        Channel channel = channel(stage, stranger.getValue(), "");
        AllDoors.methods()
            .forEach(method ->
                attempts.add(
                    new Attempt(
                        "stages, without a certificate of ours",
                        "%s with the certificate %s at %s"
                            .formatted(method, stranger.getKey(), stage),
                        () -> AllDoors.call(channel, method).getCode().toString())));
      }
      String other = stage.equals("vision") ? "abstractor" : "vision";
      Channel channel = channel(stage, folder.resolve("tls").resolve(other), "");
      AllDoors.methods()
          .forEach(method ->
              attempts.add(
                  new Attempt(
                      "stages, with the certificate of another service",
                      method + " at " + stage,
                      () -> told(AllDoors.call(channel, method)))));
    }
  }

  private static String told(Status status) {
    return status.getCode() + ": " + status.getDescription();
  }

  private void tryDoors() throws Exception {
    for (Map.Entry<String, String> key : wrongKeys.entrySet()) {
      Channel channel = channel("orchestrator", folder.resolve("none"), key.getValue());
      for (String method : AllDoors.methods()) {
        attempts.add(
            new Attempt(
                "gRPC door",
                "%s with the key %s".formatted(method, key.getKey()),
                () -> told(AllDoors.call(channel, method))));
      }
      for (String route : AllDoors.routes()) {
        attempts.add(
            new Attempt(
                "HTTP door",
                "%s with the key %s".formatted(route, key.getKey()),
                () -> {
                  HttpResponse<String> response =
                      send(mesh.http("orchestrator"), route, key.getValue());
                  return response.statusCode() + ": " + response.body();
                }));
      }
    }
  }

  /** It asks nobody who he is, and has nothing but metrics and health. */
  private void tryManagement() throws Exception {
    List<String> paths = new ArrayList<>(AllDoors.routes());
    AllDoors.methods().forEach(method -> paths.add("POST /" + method));
    for (String service : List.of("vision", "abstractor", "llm", "orchestrator")) {
      for (String path : paths) {
        attempts.add(
            new Attempt(
                "management ports",
                path + " at " + service,
                () ->
                    String.valueOf(
                        send("http://" + mesh.management(service), path, admin).statusCode())));
      }
    }
  }

  @Test
  void nobodyIsAnsweredOrLearnsWhatThereIs() throws Exception {
    tryStages();
    tryDoors();
    tryManagement();
    Collections.shuffle(attempts, new Random(1));
    long began = System.nanoTime();
    int requests = Math.max(REQUESTS, attempts.size());

    Map<String, Map<String, Set<String>>> told = new TreeMap<>();
    for (int i = 0; i < requests; i++) {
      Attempt attempt = attempts.get(i % attempts.size());
      told.computeIfAbsent(attempt.alike(), _ -> new TreeMap<>())
          .computeIfAbsent(attempt.told().call(), _ -> new TreeSet<>())
          .add(attempt.what());
    }

    System.out.printf(
        "%d requests of strangers in %.0f s%n", requests, (System.nanoTime() - began) / 1e9);
    assertThat(told.get("stages, without a certificate of ours")).containsOnlyKeys("UNAVAILABLE");
    assertAlike(told, "stages, with the certificate of another service", "PERMISSION_DENIED: ");
    assertAlike(told, "gRPC door", "UNAUTHENTICATED: ");
    assertAlike(told, "HTTP door", "401: ");
    assertThat(told.get("management ports")).containsOnlyKeys("404");
  }

  private static void assertAlike(
      Map<String, Map<String, Set<String>>> told, String alike, String begin) {
    assertThat(told.getOrDefault(alike, Map.of()).keySet())
        .as("%s: %s", alike, told.get(alike))
        .singleElement()
        .asString()
        .startsWith(begin);
  }

  @Test
  void whoeverHasTheRightCredentialIsAnswered() throws Exception {
    Files.copy(
        folder.resolve("tls/ca.crt"),
        Files.createDirectories(folder.resolve("none")).resolve("ca.crt"));

    assertThat(
            AllDoors.call(
                channel("orchestrator", folder.resolve("none"), admin),
                "owlmesh.chat.v1.Chat/Describe"))
        .isEqualTo(Status.OK);
    assertThat(send(mesh.http("orchestrator"), "GET /v1/models", admin).statusCode())
        .isEqualTo(200);
    assertThat(
            AllDoors.call(
                channel("vision", folder.resolve("tls/orchestrator"), ""),
                "owlmesh.vision.v1.VisionEncoder/Describe"))
        .isEqualTo(Status.OK);
    assertThat(send("http://" + mesh.management("llm"), "GET /q/metrics", "").statusCode())
        .isEqualTo(200);
  }
}
