// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import io.owlmesh.orchestrator.OrchestratorConfig;
import io.owlmesh.orchestrator.door.http.EventStream;
import io.owlmesh.orchestrator.door.http.Exchange;
import io.owlmesh.orchestrator.pipeline.ActiveAnswer;
import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.owlmesh.orchestrator.pipeline.AnswerObserver;
import io.owlmesh.orchestrator.pipeline.ChatRequest;
import io.owlmesh.orchestrator.pipeline.MeshGateway;
import io.owlmesh.orchestrator.session.Sessions;
import io.owlmesh.orchestrator.store.StoredFiles;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Models and chat completions. */
@Singleton
final class OpenAiRoutes {
  // Of a body without its images, bytes: some times what the context of a model holds.
  private static final int MAX_TEXT = 4 << 20;
  private static final int FINGERPRINT = 12;

  private final AdmissionControl answers;
  private final MeshGateway gateway;
  private final Sessions sessions;
  private final OrchestratorConfig settings;
  private final RemoteImages remote;
  private final ImageResolver images;
  private final long begin = Instant.now().getEpochSecond();

  @Inject
  OpenAiRoutes(
      AdmissionControl answers,
      MeshGateway gateway,
      Sessions sessions,
      OrchestratorConfig settings,
      OpenAiConfig config,
      Vertx vertx) {
    this.answers = answers;
    this.gateway = gateway;
    this.sessions = sessions;
    this.settings = settings;
    this.remote =
        new RemoteImages(
            vertx,
            new Origins(config.imageOrigins().orElse(List.of())),
            PublicAddresses::contains,
            settings.maxImageBytes(),
            config.imageFetchTimeout());
    this.images = new ImageResolver(settings, remote, answers);
  }

  void install(@Observes Router router) {
    router
        .get("/v1/models")
        .handler(Exchange.each(answers, exchange -> exchange.reply(models().list() + "")));
    router
        .get("/v1/models/:model")
        .handler(
            Exchange.each(
                answers, exchange -> exchange.reply(models().model(exchange.path("model")) + "")));
    router.post("/v1/chat/completions").handler(this::complete);
  }

  private Models models() {
    return new Models(gateway.models(), begin);
  }

  private void complete(RoutingContext routing) {
    Exchange exchange = new Exchange(routing, answers);
    InlineImages body = new InlineImages(MAX_TEXT, settings.maxImageBytes());
    exchange.json(settings.maxRequestBytes(), body, () -> complete(exchange, body));
  }

  private void complete(Exchange exchange, InlineImages body) {
    CompletionRequest request =
        answers.compute(() ->
            CompletionRequest.of(
                body.json(),
                settings.maxImages(),
                name -> models().named(name).model().template()));
    Models.Named named = models().named(request.model());
    ChatMessages dialogue = request.dialogue();
    GenerationOptions options =
        request.choices().generation(named.adapter()).toBuilder()
            .setContinues(dialogue.continues())
            .build();
    CompletionJson json =
        new CompletionJson(
            "chatcmpl-" + UUID.randomUUID(),
            Instant.now().getEpochSecond(),
            request.model(),
            fingerprint(named.model().mesh().digests().language()));
    boolean probabilities = request.choices().topLogprobs() >= 0;
    EventStream events = exchange.events("");
    Reply reply =
        request.stream()
            ? new StreamedReply(events, json, probabilities, request.includeUsage())
            : new WholeReply(exchange, json, request.choices());
    AnswerObserver caller = new Completion(reply, request.choices(), dialogue.images());
    ActiveAnswer answering = answers.open(caller);
    events.whenGone(answering::cancel);
    answering.use(named.model());
    StoredFiles files = sessions.files();
    answering.start(
        0,
        () ->
            Optional.of(
                new ChatRequest(
                    dialogue.prompt(),
                    images.of(dialogue.images(), body, files, answering::reserve),
                    options)));
  }

  private static String fingerprint(String digest) {
    return "owl_" + digest.substring(0, Math.min(digest.length(), FINGERPRINT));
  }

  @PreDestroy
  void close() {
    remote.close();
  }
}
