// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.owlmesh.launcher.ChildGuard;
import io.owlmesh.launcher.Health;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
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
  private static final String CHROMIUM =
      System.getenv().getOrDefault("OWL_CHROMIUM", "/usr/bin/chromium");

  private static Processes mesh;
  private static HttpServer stages;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    mesh =
        Processes.mesh(
                folder,
                NANO,
                Map.of(
                    "OWL_ADAPTERS",
                    NANO.resolve("adapters").toString(),
                    "OWL_DEFAULT_ADAPTER",
                    "instruct"))
            .start();
    stages = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    stages.createContext("/kill/", exchange -> handle(exchange, PageTest::kill));
    stages.createContext("/start/", exchange -> handle(exchange, PageTest::startAgain));
    stages.start();
  }

  @AfterAll
  static void stop() {
    stages.stop(0);
    mesh.close();
  }

  /** Something done to a stage. */
  private interface Deed {
    void to(String stage) throws Exception;
  }

  private static void kill(String stage) throws Exception {
    mesh.kill(stage);
    mesh.await("orchestrator", Health.NOT_SERVING);
  }

  private static void startAgain(String stage) throws Exception {
    mesh.start(stage, Map.of());
    mesh.await("orchestrator", Health.SERVING);
  }

  /** So that the browser's tests can break the mesh while they look at the page. */
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

  @Test
  @Timeout(value = 12, unit = TimeUnit.MINUTES)
  void thePageDoesInABrowserWhatItsTestsSay() throws Exception {
    assertThat(Path.of(CHROMIUM)).as("OWL_CHROMIUM, a Chromium to test the page with").exists();
    Path log = Path.of("target/page-test.log").toAbsolutePath();
    ProcessBuilder tests = new ProcessBuilder("npm", "run", "--silent", "e2e");
    tests.directory(PAGE.toFile()).redirectErrorStream(true).redirectOutput(log.toFile());
    tests.environment().put("OWL_PAGE", mesh.http("orchestrator") + "/");
    tests.environment().put("OWL_CHROMIUM", CHROMIUM);
    tests
        .environment()
        .put("OWL_STAGES", "http://127.0.0.1:" + stages.getAddress().getPort() + "/");

    Process running = tests.start();
    ChildGuard.over(running.toHandle());

    try {
      assertThat(running.waitFor(10, TimeUnit.MINUTES)).as("the tests end").isTrue();
      assertThat(running.exitValue()).as(Files.readString(log)).isZero();
    } finally {
      running.descendants().forEach(ProcessHandle::destroyForcibly);
      running.destroyForcibly();
    }
  }
}
