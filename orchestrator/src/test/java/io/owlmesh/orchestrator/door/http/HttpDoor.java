// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import io.owlmesh.orchestrator.audit.AuditLog;
import io.owlmesh.orchestrator.door.page.ApiRoutes;
import io.owlmesh.orchestrator.limits.RateLimits;
import io.owlmesh.orchestrator.pipeline.FakeMesh;
import io.owlmesh.orchestrator.session.KeptSessions;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A server with the routes of the orchestrator, before a mesh that says back what it is shown. */
public final class HttpDoor implements AutoCloseable {
  private static final String JSON = "application/json";

  public final FakeMesh mesh;
  public final KeptSessions kept;
  private final Vertx vertx = Vertx.vertx();
  private final Router router = Router.router(vertx);
  private final HttpServer server;
  private final HttpClient client = HttpClient.newHttpClient();

  /**
   * Listens with the page's routes and the checks before all.
   *
   * @param changed settings that differ from the defaults
   */
  public HttpDoor(Path folder, Map<String, String> changed) throws Exception {
    this(folder, changed, RateLimits.none(), AuditLog.none());
  }

  /** As above, for callers who may not ask for as much as they want, or who are noted. */
  public HttpDoor(Path folder, Map<String, String> changed, RateLimits limits, AuditLog audit)
      throws Exception {
    mesh = new FakeMesh(UUID.randomUUID().toString(), changed, limits, audit);
    kept = new KeptSessions(folder, mesh);
    new ConnectionStreams().install(router);
    new ProbeRoutes(mesh.answers, mesh.gateway, mesh.operations, "1.2.3").install(router);
    new OriginFilter(new Loopback(), mesh.answers).install(router);
    new ApiRoutes(mesh.answers, mesh.gateway, mesh.operations, kept.sessions()).install(router);
    new UnknownPaths(mesh.answers).install(router);
    server =
        vertx
            .createHttpServer(
                new HttpServerOptions().setCompressionSupported(true).setMaxFormAttributeSize(2048))
            .requestHandler(router)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .join();
  }

  private record Loopback() implements HttpConfig {
    @Override
    public String host() {
      return "127.0.0.1";
    }

    @Override
    public Optional<List<String>> httpHosts() {
      return Optional.of(List.of("owl.example"));
    }

    @Override
    public Optional<List<String>> httpOrigins() {
      return Optional.of(List.of("https://app.example"));
    }

    @Override
    public Optional<List<String>> httpProxies() {
      return Optional.of(List.of("127.0.0.1"));
    }
  }

  /** Adds routes. */
  public HttpDoor with(Consumer<Router> routes) {
    routes.accept(router);
    return this;
  }

  public Vertx vertx() {
    return vertx;
  }

  public int port() {
    return server.actualPort();
  }

  public HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path));
  }

  public HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), BodyHandlers.ofString());
  }

  /** As {@link #send}, but its body is read by and by. */
  public HttpResponse<InputStream> open(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), BodyHandlers.ofInputStream());
  }

  public HttpResponse<String> get(String path) throws Exception {
    return send(request(path));
  }

  public HttpResponse<String> post(String path, String json) throws Exception {
    return send(json(path, json));
  }

  public HttpRequest.Builder json(String path, String json) {
    return request(path).header("Content-Type", JSON).POST(BodyPublishers.ofString(json));
  }

  public Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port());
    // Longer than the server waits for a head.
    socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(2 * HeadTimeLimit.SECONDS));
    return socket;
  }

  /** What the server says to bytes that no client would send, until it hangs up. */
  public String raw(String text) throws IOException {
    try (Socket socket = connect()) {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
      return rest(socket);
    }
  }

  /** What still comes, until the server hangs up. */
  public static String rest(Socket socket) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try {
      socket.getInputStream().transferTo(all);
    } catch (SocketTimeoutException e) {
      throw new IOException("the server does not hang up after " + all, e);
    }
    return all.toString(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    client.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
    kept.close();
    mesh.close();
  }
}
