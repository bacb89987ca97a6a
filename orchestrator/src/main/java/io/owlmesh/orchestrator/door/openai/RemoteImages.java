// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.tracing.TracingPolicy;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Fetches images from servers that the operator allows. Of every step, redirects among them, the
 * origin is checked, then the address that its name stands for, and that very address is connected
 * to: a name cannot mean another one a moment later.
 */
final class RemoteImages {
  private static final int MAX_REDIRECTS = 3;
  private static final Duration CONNECT = Duration.ofSeconds(5);

  private final HttpClient client;
  private final Origins origins;
  private final Predicate<InetAddress> reachable;
  private final int maxBytes;
  private final Duration limit;

  /**
   * @param reachable which addresses may be connected to
   * @param limit for one image as a whole
   */
  RemoteImages(
      Vertx vertx,
      Origins origins,
      Predicate<InetAddress> reachable,
      int maxBytes,
      Duration limit) {
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setConnectTimeout((int) CONNECT.toMillis())
                .setKeepAlive(false)
                // Others need not know our traces.
                .setTracingPolicy(TracingPolicy.IGNORE));
    this.origins = origins;
    this.reachable = reachable;
    this.maxBytes = maxBytes;
    this.limit = limit;
  }

  /**
   * Fetches an image, blocking.
   *
   * @param field that holds the address
   * @throws OwlException BAD_INPUT if it may not or cannot be had
   */
  ByteString fetch(String field, String address) {
    long end = System.nanoTime() + limit.toNanos();
    String next = address;
    for (int steps = 0; steps <= MAX_REDIRECTS; steps++) {
      Step step = new Step(field, origins.require(field, next), end);
      Step.Result result = step.take();
      if (result.moved() == null) {
        return UnsafeByteOperations.unsafeWrap(result.content().getBytes());
      }
      next = step.resolve(result.moved());
    }
    throw OwlException.badInput(field, "more than " + MAX_REDIRECTS + " redirects");
  }

  /** One request to one server. */
  private final class Step {
    private final String field;
    private final URI uri;
    private final long end;

    /**
     * What came of it.
     *
     * @param moved where the image is instead
     */
    private record Result(@Nullable String moved, Buffer content) {}

    Step(String field, URI uri, long end) {
      this.field = field;
      this.uri = uri;
      this.end = end;
    }

    Result take() {
      boolean tls = uri.getScheme().equalsIgnoreCase("https");
      int port = uri.getPort() > 0 ? uri.getPort() : tls ? 443 : 80;
      String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
      RequestOptions options =
          new RequestOptions()
              .setMethod(HttpMethod.GET)
              .setServer(SocketAddress.inetSocketAddress(port, address().getHostAddress()))
              .setHost(uri.getHost())
              .setPort(port)
              .setSsl(tls)
              .setURI((uri.getRawPath().isEmpty() ? "/" : uri.getRawPath()) + query)
              .putHeader("Accept", "image/*")
              .setTimeout(remainingMillis());
      CompletableFuture<Result> result = new CompletableFuture<>();
      client
          .request(options)
          .compose(request -> {
            // Nobody waits for what did not come in time.
            result.whenComplete((_, failure) -> {
              if (failure != null) {
                request.reset();
              }
            });
            return request.send();
          })
          .onSuccess(arrived -> read(arrived, result))
          .onFailure(result::completeExceptionally);
      return await(result);
    }

    String resolve(String location) {
      try {
        return uri.resolve(location).toString();
      } catch (IllegalArgumentException e) {
        throw OwlException.badInput(field, "the server redirects to what is no URL");
      }
    }

    private InetAddress address() {
      InetAddress[] all;
      try {
        all = InetAddress.getAllByName(uri.getHost());
      } catch (UnknownHostException e) {
        throw OwlException.badInput(field, "there is no server '" + uri.getHost() + "'");
      }
      if (!Arrays.stream(all).allMatch(reachable)) {
        throw OwlException.badInput(
            field, "'" + uri.getHost() + "' is at an address that is not public");
      }
      return all[0];
    }

    private void read(HttpClientResponse response, CompletableFuture<Result> result) {
      int status = response.statusCode();
      String location = response.getHeader("Location");
      if (status >= 300 && status < 400 && location != null) {
        result.complete(new Result(location, Buffer.buffer()));
        response.request().reset();
        return;
      }
      if (status != 200) {
        result.completeExceptionally(
            OwlException.badInput(field, "the server answers with status " + status));
        return;
      }
      if (announced(response) > maxBytes) {
        result.completeExceptionally(tooLarge());
        return;
      }
      Buffer content = Buffer.buffer();
      response.handler(piece -> {
        if (content.length() + (long) piece.length() > maxBytes) {
          result.completeExceptionally(tooLarge());
        } else {
          content.appendBuffer(piece);
        }
      });
      response.exceptionHandler(result::completeExceptionally);
      response.endHandler(_ -> result.complete(new Result(null, content)));
    }

    private OwlException tooLarge() {
      return new OwlException(
          ErrorCode.IMAGE_TOO_LARGE,
          field,
          "the image exceeds the allowed %d bytes".formatted(maxBytes));
    }

    private static long announced(HttpClientResponse response) {
      try {
        return Long.parseLong(String.valueOf(response.getHeader("Content-Length")));
      } catch (NumberFormatException e) {
        return 0; // What comes is counted.
      }
    }

    private Result await(CompletableFuture<Result> result) {
      try {
        return result.orTimeout(remainingMillis(), TimeUnit.MILLISECONDS).join();
      } catch (CompletionException e) {
        if (e.getCause() instanceof OwlException known) {
          throw known;
        }
        String when =
            e.getCause() instanceof TimeoutException ? " within " + limit.toMillis() + " ms" : "";
        throw OwlException.badInput(
            field, "could not be fetched from '%s'%s".formatted(uri.getHost(), when));
      }
    }

    private long remainingMillis() {
      return Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime()));
    }
  }

  void close() {
    client.close();
  }
}
