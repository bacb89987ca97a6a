// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.audit.AuditNote;
import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.owlmesh.orchestrator.session.TextRules;
import io.owlmesh.wire.identity.Caller;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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
  private final AdmissionControl answers;
  private final Caller caller;
  private final AuditNote note;
  private final Context trace = Context.current();
  private final CompletableFuture<Boolean> whole = new CompletableFuture<>();

  /** To be made on the thread of the network, where the trace of the request is known. */
  public Exchange(RoutingContext routing, AdmissionControl answers) {
    this.routing = routing;
    this.answers = answers;
    this.caller = HttpAccess.caller(routing);
    this.note = HttpAccess.note(routing);
    routing.addEndHandler(end -> whole.complete(end.succeeded()));
  }

  /** Does something with each request that comes, on a thread of its own. */
  public static Handler<RoutingContext> each(AdmissionControl answers, Consumer<Exchange> work) {
    return routing -> {
      Exchange exchange = new Exchange(routing, answers);
      exchange.work(() -> work.accept(exchange));
    };
  }

  /** Does something on a thread of its own. */
  public void work(Runnable work) {
    answers.execute(() -> {
      try (Scope _ = trace.makeCurrent()) {
        note.in(caller.context()).run(work);
      } catch (RuntimeException e) {
        fail(e);
      }
    });
  }

  /**
   * Reads the body, then does something with it on a thread of its own. A body over the limit, or
   * one that comes too slowly, is refused; so is one for which all callers together leave no room.
   *
   * @param copies what reading the body takes, in times of its size
   */
  public void body(long limit, int copies, Consumer<Buffer> work) {
    Intake.Bytes bytes = new Intake.Bytes(copies);
    body(limit, bytes, () -> work.accept(bytes.content()));
  }

  private void body(long limit, Intake intake, Runnable work) {
    receive(
        limit,
        room ->
            new RequestBody(intake, limit, room::grow, this::fail)
                .read(routing, answers.patience(), () -> work(work)));
  }

  /** Refuses what is announced and too large, or encoded in a way that is not read. */
  private void receive(long limit, Consumer<UploadBudget> read) {
    try {
      String encoding = routing.request().getHeader("Content-Encoding");
      if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
        throw HttpRefusal.wrongType("of no Content-Encoding", encoding);
      }
      if (announced() > limit) {
        throw HttpRefusal.tooLarge(limit);
      }
      UploadBudget room = new UploadBudget(answers, caller);
      whole.thenRun(room::leave);
      read.accept(room);
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  /** As {@link #body}, of JSON. */
  public void json(long limit, int copies, Consumer<Buffer> work) {
    Intake.Bytes bytes = new Intake.Bytes(copies);
    json(limit, bytes, () -> work.accept(bytes.content()));
  }

  /** Reads JSON into something that takes it apart on the way. */
  public void json(long limit, Intake intake, Runnable work) {
    String type = String.valueOf(routing.request().getHeader("Content-Type"));
    if (!type.split(";", 2)[0].strip().equalsIgnoreCase(JSON)) {
      fail(HttpRefusal.wrongType(JSON, type));
      return;
    }
    body(limit, intake, work);
  }

  /** As {@link #body}, of a form with one file. */
  public void form(long limit, Consumer<MultipartUpload> work) {
    receive(
        limit + FORM,
        room ->
            new MultipartUpload(routing.request(), limit, room::grow)
                .read(
                    routing,
                    answers.patience(),
                    form -> work(() -> work.accept(form)),
                    this::fail));
  }

  private long announced() {
    String length = routing.request().getHeader("Content-Length");
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
    String part = String.valueOf(routing.pathParam(name));
    TextRules.requireWhole(name, part);
    return part;
  }

  /** A parameter of the query; empty if there is none. */
  public String query(String name) {
    List<String> values = queries(name);
    return values.isEmpty() ? "" : values.getFirst();
  }

  /** All values of a parameter of the query. */
  public List<String> queries(String name) {
    try {
      List<String> values = routing.queryParam(name);
      values.forEach(value -> TextRules.requireWhole(name, value));
      return values;
    } catch (HttpException e) {
      throw OwlException.badInput(name, "is in a query that is not encoded as one");
    }
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

  /** Who asks. */
  public Caller caller() {
    return caller;
  }

  /** Adds a cookie to the response. */
  void cookie(Cookie cookie) {
    routing.response().addCookie(cookie);
  }

  /** Answers with JSON, which is of this moment and of this caller. */
  public void reply(String json) {
    routing.response().putHeader("Cache-Control", "no-store");
    reply(JSON, Buffer.buffer(json));
  }

  /** Answers with JSON and a status. */
  void reply(int status, String json) {
    routing.response().setStatusCode(status);
    reply(json);
  }

  /** Sends the browser elsewhere. */
  void redirect(URI to) {
    header("Location", to.toString());
    routing.response().setStatusCode(302);
    reply("{}");
  }

  /** Answers with something else. */
  public void reply(String type, Buffer content) {
    HttpServerResponse response = routing.response();
    if (!response.ended() && !response.closed()) {
      response.putHeader("Content-Type", type);
      mark();
      if (UnknownPaths.isHead(routing)) {
        response.putHeader("Content-Length", Integer.toString(content.length())).end();
      } else {
        response.end(content);
      }
    }
  }

  /** Says what went wrong. Does nothing if the response is over. */
  public void fail(Throwable failure) {
    HttpError error = HttpError.of(failure);
    routing.put(HttpAccess.OUTCOME, error.code());
    if (error.status() == 500) {
      LOG.error("A request failed", failure);
    }
    HttpServerResponse response = routing.response();
    if (response.headWritten() || response.ended() || response.closed()) {
      return;
    }
    response.setStatusCode(error.status());
    if (error.retrySeconds() > 0) {
      response.putHeader("Retry-After", Integer.toString(error.retrySeconds()));
    }
    if (error.status() == 401) {
      response.putHeader("WWW-Authenticate", "Bearer");
    }
    boolean unread = RequestBody.isUnread(routing.request());
    if (unread && routing.request().version() != HttpVersion.HTTP_2) {
      response.putHeader("Connection", "close");
    }
    reply(error.json());
    if (unread) {
      RequestBody.drop(routing);
    }
  }

  /**
   * Runs something if the caller goes away, or has gone, before the response is over. Not on the
   * thread of the network, which tells it while it holds the lock of the connection: whoever writes
   * waits for that lock, and holds those that this would wait for.
   */
  void whenGone(Runnable gone) {
    whole.thenAcceptAsync(
        told -> {
          if (!told) {
            gone.run();
          }
        },
        answers::execute);
  }

  /**
   * A stream of events as the response; its head is written with the first event.
   *
   * @param errorEvent the line that begins an event that tells of a failure; empty for none
   */
  public EventStream events(String errorEvent) {
    mark();
    return new EventStream(this, routing.response(), errorEvent);
  }

  /** So that a person can find the trace of a response. */
  void mark() {
    String trace = Span.fromContext(this.trace).getSpanContext().getTraceId();
    routing.response().putHeader("X-Request-Id", trace);
  }
}
