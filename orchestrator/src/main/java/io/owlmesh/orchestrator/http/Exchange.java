// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.http;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.owlmesh.model.OwlException;
import io.owlmesh.orchestrator.answer.Answers;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * One HTTP request and its response. The network's thread reads the body; what the request wants is
 * done on a thread that may wait, in the trace of the request. Whatever fails there is the
 * response.
 */
public final class Exchange {
  private static final Logger LOG = Logger.getLogger(Exchange.class);
  private static final String JSON = "application/json";
  // What a form takes beside its file.
  private static final int FORM = 64 << 10;

  private final RoutingContext routing;
  private final Answers answers;
  private final Context trace = Context.current();

  /** To be made on the thread of the network, where the trace of the request is known. */
  public Exchange(RoutingContext routing, Answers answers) {
    this.routing = routing;
    this.answers = answers;
  }

  /** Does something on a thread of its own. */
  public void work(Runnable work) {
    answers.execute(() -> {
      try (Scope _ = trace.makeCurrent()) {
        work.run();
      } catch (RuntimeException e) {
        fail(e);
      }
    });
  }

  /**
   * Reads the body, then does something with it on a thread of its own. A body over the limit, or
   * one that does not come in time, is refused; so is one for which all callers together leave no
   * room.
   *
   * @param copies how often the body will be in memory, at most
   */
  public void body(long limit, int copies, Consumer<Buffer> work) {
    HttpServerRequest request = routing.request();
    try {
      long announced = announced(request);
      if (announced > limit) {
        throw HttpRefusal.tooLarge(limit);
      }
      Runnable giveBack = answers.hold(copies * (announced < 0 ? limit : announced));
      routing.addEndHandler(_ -> giveBack.run());
      Body.read(routing, limit, whole -> work(() -> work.accept(whole)), this::fail);
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  /** As {@link #body}, of JSON. */
  public void json(long limit, int copies, Consumer<Buffer> work) {
    String type = String.valueOf(routing.request().getHeader("Content-Type"));
    if (!type.split(";", 2)[0].strip().equalsIgnoreCase(JSON)) {
      fail(
          new HttpRefusal(
              415, "unsupported_media_type", "the body must be " + JSON + ", it is " + type));
      return;
    }
    body(limit, copies, work);
  }

  /** As {@link #body}, of a form with one file. */
  public void form(long limit, Consumer<Form> work) {
    try {
      long announced = announced(routing.request());
      long most = limit + FORM;
      if (announced > most) {
        throw HttpRefusal.tooLarge(limit);
      }
      Runnable giveBack = answers.hold(3 * (announced < 0 ? most : announced));
      routing.addEndHandler(_ -> giveBack.run());
      Form.read(routing.request(), limit, form -> work(() -> work.accept(form)), this::fail);
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  private static long announced(HttpServerRequest request) {
    String length = request.getHeader("Content-Length");
    if (length == null) {
      return -1;
    }
    try {
      return Long.parseLong(length);
    } catch (NumberFormatException e) {
      throw OwlException.badInput("Content-Length", "'" + length + "' is no number");
    }
  }

  /** A part of the path, by the name that the route gives it. */
  public String path(String name) {
    return String.valueOf(routing.pathParam(name));
  }

  /** A parameter of the query; empty if there is none. */
  public String query(String name) {
    List<String> values = queries(name);
    return values.isEmpty() ? "" : values.getFirst();
  }

  /** All values of a parameter of the query. */
  public List<String> queries(String name) {
    return routing.queryParam(name);
  }

  /**
   * A number of the query.
   *
   * @param otherwise if there is none
   * @throws OwlException BAD_INPUT if it is no number, or out of range
   */
  public int query(String name, int least, int most, int otherwise) {
    String text = query(name);
    if (text.isEmpty()) {
      return otherwise;
    }
    try {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw OwlException.badInput(name, "'%s', allowed is %d to %d".formatted(text, least, most));
  }

  /** The request as the network has it. */
  public HttpServerRequest request() {
    return routing.request();
  }

  /** Adds a header to the response. */
  public void header(String name, String value) {
    routing.response().putHeader(name, value);
  }

  /** Answers with JSON. */
  public void reply(String json) {
    reply(JSON, Buffer.buffer(json));
  }

  /** Answers with something else. */
  public void reply(String type, Buffer content) {
    HttpServerResponse response = routing.response();
    if (!response.ended() && !response.closed()) {
      response.putHeader("Content-Type", type);
      mark(response);
      response.end(content);
    }
  }

  /** Says what went wrong. Does nothing if the response is over. */
  public void fail(Throwable failure) {
    HttpError error = HttpError.of(failure);
    if (error.status() == 500) {
      LOG.error("A request failed", failure);
    }
    HttpServerResponse response = routing.response();
    if (response.headWritten() || response.ended() || response.closed()) {
      return;
    }
    response.setStatusCode(error.status());
    if (error.status() == 429) {
      response.putHeader("Retry-After", "1");
    }
    if (!routing.request().isEnded()) {
      // The rest of a refused body is not read.
      response.putHeader("Connection", "close");
    }
    reply(error.json());
  }

  /**
   * A stream of events as the response; its head is written with the first event.
   *
   * @param errorEvent the line that begins an event that tells of a failure; empty for none
   */
  public EventStream events(String errorEvent) {
    mark(routing.response());
    return new EventStream(this, routing.response(), errorEvent);
  }

  /** So that a person can find the trace of a response. */
  private void mark(HttpServerResponse response) {
    String trace = Span.fromContext(this.trace).getSpanContext().getTraceId();
    response.putHeader("X-Request-Id", trace);
  }
}
