// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.CompletableFuture;

/** A response of lines, written no faster than the caller reads, by a thread that may wait. */
final class Lines {
  private final HttpServerResponse response;

  Lines(Exchange exchange, String type) {
    response = exchange.request().response();
    response.setChunked(true).putHeader("Content-Type", type);
  }

  void add(String line) {
    CompletableFuture<Void> written = new CompletableFuture<>();
    response
        .write(Buffer.buffer(line + "\n"))
        .onSuccess(_ -> written.complete(null))
        .onFailure(written::completeExceptionally);
    written.join();
  }

  void end() {
    response.end();
  }
}
