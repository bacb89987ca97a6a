// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** A response of lines, written no faster than the caller reads, by a thread that may wait. */
public final class JsonLinesResponse {
  private final HttpServerResponse response;

  public JsonLinesResponse(Exchange exchange, String type) {
    response = exchange.request().response();
    exchange.mark();
    response.setChunked(true).putHeader("Content-Type", type);
  }

  /**
   * Tells a line.
   *
   * @throws OwlException CANCELLED if the caller is gone
   */
  public void add(String line) {
    CompletableFuture<Void> written = new CompletableFuture<>();
    response
        .write(Buffer.buffer(line + "\n"))
        .onSuccess(_ -> written.complete(null))
        .onFailure(written::completeExceptionally);
    try {
      written.join();
    } catch (CompletionException e) {
      throw new OwlException(Fault.CANCELLED, "", "the caller is gone", e);
    }
  }

  public void end() {
    response.end();
  }
}
