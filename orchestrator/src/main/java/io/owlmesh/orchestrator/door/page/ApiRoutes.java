// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.page;

import com.google.protobuf.Message;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Context;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.door.http.EventStream;
import io.owlmesh.orchestrator.door.http.Exchange;
import io.owlmesh.orchestrator.door.http.JsonLinesResponse;
import io.owlmesh.orchestrator.door.http.ProtoJson;
import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.owlmesh.orchestrator.pipeline.MeshGateway;
import io.owlmesh.orchestrator.pipeline.MeshOperations;
import io.owlmesh.orchestrator.session.Sessions;
import io.owlmesh.proto.chat.v1.CreateSessionRequest;
import io.owlmesh.proto.chat.v1.CreateSessionResponse;
import io.owlmesh.proto.chat.v1.DeleteSessionResponse;
import io.owlmesh.proto.chat.v1.Feedback;
import io.owlmesh.proto.chat.v1.FollowAnswerRequest;
import io.owlmesh.proto.chat.v1.GetAttentionRequest;
import io.owlmesh.proto.chat.v1.Image;
import io.owlmesh.proto.chat.v1.ListSessionsRequest;
import io.owlmesh.proto.chat.v1.Rating;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.chat.v1.SetFeedbackRequest;
import io.owlmesh.proto.chat.v1.SetFeedbackResponse;
import io.owlmesh.proto.chat.v1.StopAnswerResponse;
import io.owlmesh.proto.chat.v1.UpdateSessionRequest;
import io.owlmesh.proto.chat.v1.UpdateSessionResponse;
import io.owlmesh.proto.chat.v1.UploadImageResponse;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** What the page asks: the Chat contract with the JSON of its messages over HTTP. */
@Singleton
public final class ApiRoutes {
  private static final String SESSION = "/api/sessions/:session";
  private static final int MAX_BODY = 1 << 20;
  // As bytes, as text, as nodes, as a message: what a byte of JSON takes at most.
  private static final int COPIES = 12;

  private final AdmissionControl answers;
  private final MeshGateway gateway;
  private final MeshOperations mesh;
  private final Sessions sessions;

  @Inject
  public ApiRoutes(
      AdmissionControl answers, MeshGateway gateway, MeshOperations mesh, Sessions sessions) {
    this.answers = answers;
    this.gateway = gateway;
    this.mesh = mesh;
    this.sessions = sessions;
  }

  public void install(@Observes Router router) {
    router.get("/api/mesh").handler(tell(exchange -> gateway.describe(exchange.query("model"))));
    router.get("/api/examples").handler(Exchange.each(answers, this::examples));
    router.get("/api/models").handler(tell(_ -> gateway.listModels()));
    router.get("/api/replicas").handler(Exchange.each(answers, this::watch));
    router.get("/api/sessions").handler(tell(this::list));
    router.get(SESSION).handler(tell(exchange -> sessions.get(exchange.path("session"))));
    router.delete(SESSION).handler(tell(this::delete));
    router.get(SESSION + "/answer").handler(Exchange.each(answers, this::follow));
    router.post(SESSION + "/stop").handler(tell(this::stop));
    router.post("/api/sessions").handler(take(this::create));
    router.patch(SESSION).handler(take(this::update));
    router.post(SESSION + "/turns").handler(take(this::send));
    router.put(SESSION + "/messages/:message/feedback").handler(take(this::rate));
    router.get("/api/feedback").handler(Exchange.each(answers, this::export));
    router.post("/api/images").handler(this::upload);
    router.get("/api/images/:sha256/attention").handler(tell(this::attention));
    router.get("/api/images/:sha256").handler(Exchange.each(answers, this::image));
  }

  /** Answers a request that has no body. */
  private Handler<RoutingContext> tell(Function<Exchange, Message> work) {
    return Exchange.each(
        answers, exchange -> exchange.reply(ProtoJson.print(work.apply(exchange))));
  }

  /** What is done with the body of a request. */
  private interface Taker {
    void take(Exchange exchange, Buffer body);
  }

  private Handler<RoutingContext> take(Taker taker) {
    return routing -> {
      Exchange exchange = new Exchange(routing, answers);
      exchange.json(MAX_BODY, COPIES, body -> taker.take(exchange, body));
    };
  }

  private void parse(Buffer body, Message.Builder into) {
    answers.compute(() -> {
      ProtoJson.parse(body, into);
      return into;
    });
  }

  private void examples(Exchange exchange) {
    exchange.reply(gateway.examples(exchange.query("model")));
  }

  private Message list(Exchange exchange) {
    return sessions.list(
        ListSessionsRequest.newBuilder()
            .setPageSize(exchange.query("pageSize", 1, 200, 0))
            .setPageToken(exchange.query("pageToken"))
            .setQuery(exchange.query("query"))
            .build());
  }

  private Message delete(Exchange exchange) {
    sessions.delete(exchange.path("session"));
    return DeleteSessionResponse.getDefaultInstance();
  }

  private Message stop(Exchange exchange) {
    return StopAnswerResponse.newBuilder()
        .setStopped(sessions.stop(exchange.path("session")))
        .build();
  }

  private void create(Exchange exchange, Buffer body) {
    CreateSessionRequest.Builder request = CreateSessionRequest.newBuilder();
    parse(body, request);
    exchange.reply(
        ProtoJson.print(
            CreateSessionResponse.newBuilder()
                .setSession(sessions.create(request.build()))
                .build()));
  }

  private void update(Exchange exchange, Buffer body) {
    UpdateSessionRequest.Builder request = UpdateSessionRequest.newBuilder();
    parse(body, request);
    request.setSessionId(exchange.path("session"));
    exchange.reply(
        ProtoJson.print(
            UpdateSessionResponse.newBuilder()
                .setSession(sessions.update(request.build()))
                .build()));
  }

  private void send(Exchange exchange, Buffer body) {
    SendMessageRequest.Builder request = SendMessageRequest.newBuilder();
    parse(body, request);
    request.setSessionId(exchange.path("session"));
    EventStream events = exchange.events("event: error\n");
    events.whenGone(sessions.send(request.build(), new TurnStream(events)));
  }

  private void follow(Exchange exchange) {
    String after = exchange.request().getHeader("Last-Event-ID");
    FollowAnswerRequest request =
        FollowAnswerRequest.newBuilder()
            .setSessionId(exchange.path("session"))
            .setAfter(after == null ? exchange.query("after") : after)
            .build();
    EventStream events = exchange.events("event: error\n");
    TurnStream out = new TurnStream(events);
    stream(events, () -> sessions.follow(request, out::eventWhenReady));
  }

  /** How the mesh is, whenever that changes. */
  private void watch(Exchange exchange) {
    EventStream events = exchange.events("event: error\n");
    stream(
        events,
        () ->
            mesh.watch(state -> {
              events.awaitReady();
              events.send(ProtoJson.print(state));
            }));
  }

  /** Tells events until there are no more, or the caller goes away. */
  private void stream(EventStream events, Runnable work) {
    Context.CancellableContext life = answers.deadline();
    events.whenGone(() -> life.cancel(null));
    try {
      life.run(work);
      events.end();
    } catch (RuntimeException e) {
      events.fail(e);
    } finally {
      life.cancel(null);
    }
  }

  private void rate(Exchange exchange, Buffer body) {
    Feedback.Builder feedback = Feedback.newBuilder();
    parse(body, feedback);
    SetFeedbackRequest request =
        SetFeedbackRequest.newBuilder()
            .setSessionId(exchange.path("session"))
            .setMessageId(exchange.path("message"))
            .setFeedback(feedback)
            .build();
    exchange.reply(
        ProtoJson.print(
            SetFeedbackResponse.newBuilder().setMessage(sessions.rate(request)).build()));
  }

  private void export(Exchange exchange) {
    List<Rating> ratings = exchange.queries("rating").stream().map(ApiRoutes::rating).toList();
    JsonLinesResponse lines = new JsonLinesResponse(exchange, "application/jsonl");
    sessions.export(ratings, line -> lines.add(line.getLine()));
    lines.end();
  }

  private static Rating rating(String word) {
    try {
      return Rating.valueOf("RATING_" + word.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw OwlException.badInput("rating", "'" + word + "' is none of up, down and flag");
    }
  }

  private void upload(RoutingContext routing) {
    Exchange exchange = new Exchange(routing, answers);
    exchange.body(
        sessions.maxImageBytes(),
        3,
        file ->
            exchange.reply(
                ProtoJson.print(
                    UploadImageResponse.newBuilder()
                        .setImage(sessions.upload(UnsafeByteOperations.unsafeWrap(file.getBytes())))
                        .build())));
  }

  private Message attention(Exchange exchange) {
    return sessions.attention(
        GetAttentionRequest.newBuilder()
            .setSha256(exchange.path("sha256"))
            .setQuestion(exchange.query("question"))
            .setModel(exchange.query("model"))
            .build());
  }

  private void image(Exchange exchange) {
    String sha256 = exchange.path("sha256");
    Image image = sessions.image(sha256);
    // Its name is its content.
    exchange.header("Cache-Control", "private, max-age=31536000, immutable");
    exchange.reply(image.getMediaType(), Buffer.buffer(sessions.read(sha256).toByteArray()));
  }
}
