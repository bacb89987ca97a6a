// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.owlmesh.client.MeshClient;
import io.owlmesh.launcher.ChildGuard;
import io.owlmesh.launcher.Health;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page in a browser, with a mesh behind it that really answers. What is tested is in the page's
 * own folder; needs Chromium, at {@code OWL_CHROMIUM} or {@code /usr/bin/chromium}.
 */
class PageTest {
  private static final Path PAGE = Processes.ROOT.resolve("orchestrator/src/main/webui");
  private static final Path NANO = Processes.ROOT.resolve("deploy/models/owl-nano");
  private static final Path PARROT =
      Processes.ROOT.resolve(
          "lib/model/src/test/resources/llava-tiny/checkpoints/transformers-5-bf16");
  private static final List<String> STAGES = List.of("vision", "abstractor", "llm");
  private static final String CHROMIUM =
      System.getenv().getOrDefault("OWL_CHROMIUM", "/usr/bin/chromium");

  /** Something done to a stage. */
  private interface Deed {
    void to(String stage) throws Exception;
  }

  private static Processes nano(Path folder) throws Exception {
    return Processes.mesh(
        folder,
        NANO,
        Map.of(
            "OWL_ADAPTERS",
            NANO.resolve("adapters").toString(),
            "OWL_DEFAULT_ADAPTER",
            "instruct"));
  }

  @Test
  @Timeout(value = 14, unit = TimeUnit.MINUTES)
  void thePageDoesInABrowserWhatItsTestsSay(@TempDir Path folder) throws Exception {
    try (Processes mesh = nano(folder).start()) {
      run(
          mesh,
          stage -> {
            mesh.kill(stage);
            mesh.await("orchestrator", Health.NOT_SERVING);
          },
          "e2e");
    }
  }

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void amongSeveralModelsOneIsChosenAlsoWhileTheUsualOneIsDown(@TempDir Path folder)
      throws Exception {
    try (Processes mesh = nano(folder)) {
      for (String stage : STAGES) {
        mesh.add(stage, "parrot-" + stage);
      }
      for (String name : List.of("orchestrator", "vision", "abstractor", "llm")) {
        mesh.start(name, Map.of());
      }
      for (String stage : STAGES) {
        mesh.start(
            "parrot-" + stage, Map.of("OWL_CHECKPOINT", PARROT.toString(), "OWL_ADAPTERS", ""));
        mesh.await("parrot-" + stage, Health.SERVING);
      }
      mesh.await("orchestrator", Health.SERVING);
      addParrot(mesh, folder);

      run(mesh, mesh::kill, "e2e:models");
    }
  }

  private static void addParrot(Processes mesh, Path folder) throws Exception {
    Path models =
        Files.createDirectories(folder.resolve("models")); // Where the launcher keeps them.
    Path draft = models.resolve("parrot.draft");
    Files.writeString(
        draft,
        "vision = %s%nabstractor = %s%nllm = %s%n"
            .formatted(STAGES.stream().map(stage -> mesh.address("parrot-" + stage)).toArray()));
    Files.move(draft, models.resolve("parrot.model"), StandardCopyOption.ATOMIC_MOVE);
    try (MeshClient operator = new MeshClient(mesh.address("orchestrator"))) {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (operator.state().getModelsList().stream()
          .noneMatch(one -> one.getName().equals("parrot") && one.getReady())) {
        assertThat(System.nanoTime()).as("the second model serves").isLessThan(end);
        TimeUnit.MILLISECONDS.sleep(50);
      }
    }
  }

  /** So that the browser's tests can break the mesh while they look at the page. */
  private static HttpServer stages(Processes mesh, Deed kill) throws IOException {
    HttpServer stages =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    stages.createContext("/kill/", exchange -> handle(exchange, kill));
    stages.createContext(
        "/start/",
        exchange ->
            handle(
                exchange,
                stage -> {
                  mesh.start(stage, Map.of());
                  mesh.await(stage, Health.SERVING);
                  mesh.await("orchestrator", Health.SERVING);
                }));
    stages.start();
    return stages;
  }

  private static void handle(HttpExchange exchange, Deed deed) throws IOException {
    String path = exchange.getRequestURI().getPath();
    int status = 200;
    try {
      deed.to(path.substring(path.lastIndexOf('/') + 1));
    } catch (Exception | AssertionError e) {
      status = 500;
    }
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }

  /** Runs a script of the page's package.json. */
  private static void run(Processes mesh, Deed kill, String script) throws Exception {
    assertThat(Path.of(CHROMIUM)).as("OWL_CHROMIUM, a Chromium to test the page with").exists();
    Path log = Path.of("target", script.replace(':', '-') + ".log");
    ProcessBuilder tests = new ProcessBuilder("npm", "run", "--silent", script);
    tests
        .directory(PAGE.toFile())
        .redirectErrorStream(true)
        .redirectOutput(log.toAbsolutePath().toFile());
    HttpServer stages = stages(mesh, kill);
    tests.environment().put("OWL_PAGE", mesh.http("orchestrator") + "/");
    tests.environment().put("OWL_CHROMIUM", CHROMIUM);
    tests
        .environment()
        .put("OWL_STAGES", "http://127.0.0.1:" + stages.getAddress().getPort() + "/");

    Process running = tests.start();
    ChildGuard.over(running.toHandle());

    try {
      assertThat(running.waitFor(12, TimeUnit.MINUTES)).as("the tests end").isTrue();
      assertThat(running.exitValue()).as(Files.readString(log)).isZero();
    } finally {
      running.descendants().forEach(ProcessHandle::destroyForcibly);
      running.destroyForcibly();
      stages.stop(0);
    }
  }
}
