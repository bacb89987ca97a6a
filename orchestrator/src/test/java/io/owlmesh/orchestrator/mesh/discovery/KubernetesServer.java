// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.ListMetaBuilder;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.api.model.WatchEventBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceListBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Lists and watches the EndpointSlices of the namespace "owls" as the API server of Kubernetes
 * does.
 */
public final class KubernetesServer implements AutoCloseable {
  public static final String NAMESPACE = "owls";
  private static final String PATH =
      "/apis/discovery.k8s.io/v1/namespaces/" + NAMESPACE + "/endpointslices";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, EndpointSlice> slices = new TreeMap<>();
  private final NavigableMap<Long, byte[]> events = new TreeMap<>();
  private final List<HttpExchange> watchers = new ArrayList<>();
  private final List<String> queries = new ArrayList<>();
  private long version = 1;
  private boolean refuses;

  KubernetesServer() throws IOException {
    this(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
  }

  /** Starts a server that is bound, and ends it with this. */
  public KubernetesServer(HttpServer server) {
    this.server = server;
    server.setExecutor(threads);
    server.createContext(PATH, this::answer);
    server.start();
  }

  KubernetesClient client() {
    Config here =
        new ConfigBuilder(Config.empty())
            .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
            .withWatchReconnectInterval(50)
            .withRequestRetryBackoffLimit(0)
            .build();
    return KubernetesAddresses.client(here);
  }

  /** Adds or replaces one. */
  public synchronized void put(EndpointSlice slice) {
    EndpointSlice versioned = versioned(slice);
    boolean known = slices.put(name(slice), versioned) != null;
    send(known ? "MODIFIED" : "ADDED", versioned);
  }

  synchronized void delete(EndpointSlice slice) {
    slices.remove(name(slice));
    send("DELETED", versioned(slice));
  }

  private EndpointSlice versioned(EndpointSlice slice) {
    return new EndpointSliceBuilder(slice)
        .editMetadata()
        .withResourceVersion(Long.toString(++version))
        .endMetadata()
        .build();
  }

  /** From now on every request is refused, and no watch goes on; or no longer. */
  synchronized void refuse(boolean now) {
    refuses = now;
    watchers.forEach(HttpExchange::close);
    watchers.clear();
  }

  /** What was asked for first. */
  synchronized String firstQuery() {
    return queries.getFirst();
  }

  private static String name(EndpointSlice slice) {
    return slice.getMetadata().getName();
  }

  private synchronized void answer(HttpExchange exchange) throws IOException {
    String query = exchange.getRequestURI().getQuery();
    queries.add(query);
    if (refuses) {
      exchange.sendResponseHeaders(403, -1);
      exchange.close();
      return;
    }
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, 0);
    if (query.contains("watch=true")) {
      long seen = Long.parseLong(query.replaceFirst(".*resourceVersion=(\\d+).*", "$1"));
      for (byte[] line : events.tailMap(seen, false).values()) {
        exchange.getResponseBody().write(line);
      }
      exchange.getResponseBody().flush();
      watchers.add(exchange);
      return;
    }
    String list =
        Serialization.asJson(
            new EndpointSliceListBuilder()
                .withItems(List.copyOf(slices.values()))
                .withMetadata(
                    new ListMetaBuilder().withResourceVersion(Long.toString(version)).build())
                .build());
    try (OutputStream body = exchange.getResponseBody()) {
      body.write(list.getBytes(StandardCharsets.UTF_8));
    }
  }

  private void send(String type, EndpointSlice slice) {
    WatchEvent event = new WatchEventBuilder().withType(type).withObject(slice).build();
    byte[] line = (Serialization.asJson(event) + "\n").getBytes(StandardCharsets.UTF_8);
    events.put(version, line);
    for (Iterator<HttpExchange> each = watchers.iterator(); each.hasNext(); ) {
      try {
        OutputStream watcher = each.next().getResponseBody();
        watcher.write(line);
        watcher.flush();
      } catch (IOException gone) {
        each.remove();
      }
    }
  }

  @Override
  public void close() {
    refuse(true);
    server.stop(0);
    threads.shutdownNow();
  }
}
