// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.owlmesh.client.Address;
import io.owlmesh.launcher.Health;
import io.owlmesh.launcher.HealthProbe;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Thousands of inputs that no client should send, at every door of a running mesh, while somebody
 * asks a plain question again and again. {@code -Dowl.hostile=10000} is the long form.
 */
class HostileInputTest {
  private static final int INPUTS = Integer.getInteger("owl.hostile", 400);
  private static final long SEED = Long.getLong("owl.hostile-seed", 1);
  private static final int CALLERS = 8;
  private static final List<String> SERVICES =
      List.of("orchestrator", "vision", "abstractor", "llm");

  /** Of the memory that a mesh keeps after its first inputs. */
  private static final double MOST_GROWTH = 1.2;

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final AtomicInteger answered = new AtomicInteger();

  @Test
  void nothingDiesNothingHangsAndAPlainQuestionIsAlwaysAnswered(@TempDir Path folder)
      throws Exception {
    try (Processes mesh = NanoOwl.start(folder, Map.of())) {
      Map<String, ManagedChannel> channels = new LinkedHashMap<>();
      for (String name : SERVICES) {
        channels.put(name, mesh.connect(name));
      }
      HttpRequest question = question(mesh);
      // What any mesh allocates once is no growth.
      attack(mesh, channels, question, INPUTS / 4, SEED + 1_000_000);
      Map<String, Long> before = memory(mesh);

      long begin = System.nanoTime();
      attack(mesh, channels, question, INPUTS, SEED);
      Duration time = Duration.ofNanos(System.nanoTime() - begin);

      for (String name : SERVICES) {
        try (HealthProbe probe = new HealthProbe(mesh.address(name))) {
          assertThat(probe.check(Duration.ofSeconds(10))).as(name).isEqualTo(Health.SERVING);
        }
      }
      assertThat(ask(question)).isEqualTo(NanoOwl.ANSWER);
      Map<String, Long> after = memory(mesh);
      System.out.printf(
          Locale.ROOT,
          "%d inputs in %d s, plain questions answered: %d, resident KiB before %s, after %s%n",
          INPUTS,
          time.toSeconds(),
          answered.get(),
          before,
          after);
      before.forEach((name, kibibytes) ->
          assertThat(after.get(name))
              .as("KiB of " + name)
              .isLessThan((long) (kibibytes * MOST_GROWTH)));
      channels.values().forEach(ManagedChannel::shutdownNow);
    }
  }

  private void attack(
      Processes mesh,
      Map<String, ManagedChannel> channels,
      HttpRequest question,
      int inputs,
      long seed)
      throws Exception {
    HostileHttp http =
        new HostileHttp(Address.parse(URI.create(mesh.http("orchestrator")).getAuthority()));
    HostileGrpc grpc = new HostileGrpc(channels);
    List<String> unanswered = Collections.synchronizedList(new ArrayList<>());
    AtomicBoolean over = new AtomicBoolean();
    Thread plain = Thread.ofVirtual().start(() -> askUntil(over, question, unanswered));
    try (ExecutorService callers = Executors.newFixedThreadPool(CALLERS)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < inputs; i++) {
        Random random = new Random(seed + i);
        all.add(callers.submit(() -> one(mesh, http, grpc, random)));
      }
      for (Future<?> one : all) {
        one.get(10, TimeUnit.MINUTES);
      }
    } finally {
      over.set(true);
      plain.join();
    }
    assertThat(unanswered).isEmpty();
    SERVICES.forEach(name -> assertThat(mesh.isAlive(name)).as(name).isTrue());
  }

  private static Void one(Processes mesh, HostileHttp http, HostileGrpc grpc, Random random)
      throws Exception {
    try {
      switch (random.nextInt(5)) {
        case 0, 1 -> http.attack(random);
        case 2 ->
            HostileHttp.frames(mesh.address(SERVICES.get(random.nextInt(SERVICES.size()))), random);
        default -> grpc.attack(random);
      }
    } catch (IOException hungUp) {
      // The server's right.
    }
    return null;
  }

  private void askUntil(AtomicBoolean over, HttpRequest question, List<String> unanswered) {
    do {
      try {
        String answer = ask(question);
        if (answer.equals(NanoOwl.ANSWER)) {
          answered.incrementAndGet();
        } else {
          unanswered.add(answer);
        }
      } catch (IOException e) {
        unanswered.add(e.toString());
      } catch (InterruptedException e) {
        return;
      }
    } while (!over.get());
  }

  private static HttpRequest question(Processes mesh) throws IOException {
    String body =
        "{\"model\":\"owl-nano\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"%s\"}},{\"type\":\"text\",\"text\":\"%s\"}]}]}"
            .formatted(NanoOwl.pictureUrl(), NanoOwl.QUESTION);
    return HttpRequest.newBuilder(URI.create(mesh.http("orchestrator") + "/v1/chat/completions"))
        .timeout(Duration.ofSeconds(60))
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  /** The answer, or why there is none. */
  private String ask(HttpRequest question) throws IOException, InterruptedException {
    HttpResponse<String> response = client.send(question, BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      return response.statusCode() + " " + response.body();
    }
    return new com.fasterxml.jackson.databind.ObjectMapper()
        .readTree(response.body())
        .at("/choices/0/message/content")
        .asText();
  }

  /** What processes hold once they have thrown away what they need no more, KiB. */
  private static Map<String, Long> memory(Processes mesh) throws Exception {
    Map<String, Long> all = new LinkedHashMap<>();
    for (String name : SERVICES) {
      all.put(name, mesh.resident(name));
    }
    return all;
  }
}
