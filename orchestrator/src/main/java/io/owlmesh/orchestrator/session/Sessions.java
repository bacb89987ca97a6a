// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import com.google.protobuf.ByteString;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.OrchestratorConfig;
import io.owlmesh.orchestrator.mesh.MeshInfo;
import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.owlmesh.orchestrator.pipeline.AnswerParams;
import io.owlmesh.orchestrator.pipeline.ImageContent;
import io.owlmesh.orchestrator.pipeline.MeshGateway;
import io.owlmesh.orchestrator.store.SessionPage;
import io.owlmesh.orchestrator.store.SessionStore;
import io.owlmesh.orchestrator.store.StoredConversation;
import io.owlmesh.orchestrator.store.StoredFiles;
import io.owlmesh.proto.chat.v1.CreateSessionRequest;
import io.owlmesh.proto.chat.v1.ExportFeedbackResponse;
import io.owlmesh.proto.chat.v1.FollowAnswerRequest;
import io.owlmesh.proto.chat.v1.GetAttentionRequest;
import io.owlmesh.proto.chat.v1.GetAttentionResponse;
import io.owlmesh.proto.chat.v1.GetSessionResponse;
import io.owlmesh.proto.chat.v1.Image;
import io.owlmesh.proto.chat.v1.ListSessionsRequest;
import io.owlmesh.proto.chat.v1.ListSessionsResponse;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.Rating;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.chat.v1.SendMessageResponse;
import io.owlmesh.proto.chat.v1.Session;
import io.owlmesh.proto.chat.v1.SessionSettings;
import io.owlmesh.proto.chat.v1.SetFeedbackRequest;
import io.owlmesh.proto.chat.v1.UpdateSessionRequest;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/** What can be done with conversations that are kept. Everything blocks but {@link #send}. */
@Singleton
public final class Sessions {
  private static final int MAX_TITLE = 200;
  private static final int MAX_SYSTEM = 4_096;
  private static final int MAX_NOTE = 2_000;
  private static final int MAX_QUESTION = 16_384;
  private static final int MAX_QUERY = 200;
  private static final int MAX_SETTINGS_BYTES = 131_072;
  private static final int MAX_PAGE = 200;
  private static final int USUAL_PAGE = 50;

  private final SessionStore store;
  private final MeshGateway gateway;
  private final OrchestratorConfig settings;
  private final SessionTurns turns;

  @Inject
  Sessions(
      Storage storage,
      MeshGateway gateway,
      AdmissionControl answers,
      OrchestratorConfig settings,
      SessionConfig config) {
    this(storage.sessions(), gateway, answers, settings, config.lease());
  }

  Sessions(
      SessionStore store,
      MeshGateway gateway,
      AdmissionControl answers,
      OrchestratorConfig settings,
      Duration lease) {
    this.store = store;
    this.gateway = gateway;
    this.settings = settings;
    this.turns = new SessionTurns(store, gateway, answers, settings, lease);
  }

  /**
   * Begins a session.
   *
   * @throws OwlException BAD_INPUT or NOT_FOUND naming the field
   */
  public Session create(CreateSessionRequest request) {
    TextRules.require("title", request.getTitle(), 0, MAX_TITLE);
    check(request.getSettings());
    var now = store.now();
    Session session =
        Session.newBuilder()
            .setId(UUID.randomUUID().toString())
            .setTitle(request.getTitle())
            .setSettings(request.getSettings())
            .setCreatedAt(now)
            .setUpdatedAt(now)
            .build();
    store.create(session);
    return session;
  }

  private void check(SessionSettings asked) {
    if (asked.getSerializedSize() > MAX_SETTINGS_BYTES) {
      throw OwlException.badInput(
          "settings",
          "%d bytes, at most %d are kept".formatted(asked.getSerializedSize(), MAX_SETTINGS_BYTES));
    }
    TextRules.require("settings.system", asked.getSystem(), 0, MAX_SYSTEM);
    AnswerParams.of(asked.getOptions(), "");
    if (asked.hasModel() || asked.getOptions().hasAdapter()) {
      MeshInfo mesh = gateway.mesh();
      if (asked.hasModel() && !asked.getModel().equals(mesh.model())) {
        throw new OwlException(
            ErrorCode.MODEL_NOT_FOUND,
            "settings.model",
            "'%s', the mesh serves '%s'".formatted(asked.getModel(), mesh.model()));
      }
      TurnPlan.requireAdapter("settings.options.adapter", asked.getOptions().getAdapter(), mesh);
    }
  }

  /** A session with all its messages. */
  public GetSessionResponse get(String id) {
    StoredConversation conversation = store.conversation(id);
    return GetSessionResponse.newBuilder()
        .setSession(conversation.session())
        .addAllMessages(conversation.messages())
        .build();
  }

  /** A page of all sessions. */
  public ListSessionsResponse list(ListSessionsRequest request) {
    int size = request.getPageSize() == 0 ? USUAL_PAGE : request.getPageSize();
    if (size < 1 || size > MAX_PAGE) {
      throw OwlException.badInput("page_size", size + ", allowed are 1 to " + MAX_PAGE);
    }
    TextRules.require("query", request.getQuery(), 0, MAX_QUERY);
    SessionPage page = store.list(size, request.getPageToken(), request.getQuery());
    return ListSessionsResponse.newBuilder()
        .addAllSessions(page.sessions())
        .setNextPageToken(page.nextToken())
        .build();
  }

  /** Renames a session, changes its settings or its current branch. */
  public Session update(UpdateSessionRequest request) {
    if (request.hasTitle()) {
      TextRules.require("title", request.getTitle(), 1, MAX_TITLE);
    }
    if (request.hasSettings()) {
      check(request.getSettings());
    }
    if (request.hasHead()) {
      new Branch(store.conversation(request.getSessionId()).messages())
          .require("head", request.getHead());
    }
    return store.update(
        request.getSessionId(),
        session -> {
          if (request.hasTitle()) {
            session.setTitle(request.getTitle());
          }
          if (request.hasSettings()) {
            session.setSettings(request.getSettings());
          }
          if (request.hasHead()) {
            session.setHead(request.getHead());
          }
        });
  }

  /** Deletes a session, after ending its answer. */
  public void delete(String id) {
    turns.alone(id, () -> store.delete(id));
  }

  /**
   * Takes a turn; returns at once.
   *
   * @return ends it if whoever listens goes away, unless it is detached
   */
  public Runnable send(SendMessageRequest request, TurnListener listener) {
    return turns.send(request, listener);
  }

  /**
   * Tells an answer, which any orchestrator may write, until its end or that of the current gRPC
   * context.
   *
   * @param told waits until its listener keeps up; may fail
   * @throws OwlException NOT_FOUND or BAD_INPUT naming the field; SATURATED if too many follow
   */
  public void follow(FollowAnswerRequest request, Consumer<SendMessageResponse> told) {
    turns.follow(request, told);
  }

  /** Ends the answer that is being written, by whichever orchestrator; whether there was one. */
  public boolean stop(String id) {
    store.session(id);
    return turns.stop(id);
  }

  /** Keeps what somebody thinks of an answer. */
  public Message rate(SetFeedbackRequest request) {
    TextRules.require("feedback.note", request.getFeedback().getNote(), 0, MAX_NOTE);
    if (request.getFeedback().getRating() == Rating.UNRECOGNIZED) {
      throw OwlException.badInput("feedback.rating", "is none of up, down and flag");
    }
    store.session(request.getSessionId());
    return store.rate(request.getSessionId(), request.getMessageId(), request.getFeedback());
  }

  /**
   * Deletes sessions that nobody changed for so long, and images that nothing shows. An answer
   * whose end could not be kept becomes an interrupted one.
   *
   * @param unchanged none are deleted if it is empty
   * @param since the least time since any orchestrator did so
   * @return how many sessions were deleted
   */
  int sweep(Optional<Duration> unchanged, Duration since) {
    turns.interruptAbandoned();
    return store.sweep(unchanged, since);
  }

  /** Tells the dialogues up to rated answers, as training reads them. */
  public void export(Collection<Rating> ratings, Consumer<ExportFeedbackResponse> each) {
    Set<Rating> wanted = EnumSet.of(Rating.RATING_UP);
    if (!ratings.isEmpty()) {
      wanted.clear();
      wanted.addAll(ratings);
    }
    if (wanted.contains(Rating.UNRECOGNIZED) || wanted.contains(Rating.RATING_UNSPECIFIED)) {
      throw OwlException.badInput("ratings", "only up, down and flag can be asked for");
    }
    store.rated(wanted, dialogue -> each.accept(FeedbackLine.of(dialogue)));
  }

  /**
   * Keeps an image file.
   *
   * @throws OwlException BAD_INPUT, field {@code image}, if it is none or over a limit
   */
  public Image upload(ByteString file) {
    return store.addImage(file);
  }

  /** What an image file is. */
  public Image image(String sha256) {
    return store.image(sha256);
  }

  /** An image file. */
  public ByteString read(String sha256) {
    return store.read(sha256);
  }

  /**
   * Where in an image the connector's queries look.
   *
   * @throws OwlException NOT_FOUND or BAD_INPUT naming the field
   */
  public GetAttentionResponse attention(GetAttentionRequest request) {
    TextRules.require("question", request.getQuestion(), 0, MAX_QUESTION);
    String sha256 = store.image(request.getSha256()).getSha256();
    return gateway.attention(
        new ImageContent(sha256, () -> store.read(sha256)), request.getQuestion());
  }

  /** Image files that have names of their own. */
  public StoredFiles files() {
    return store.storedFiles();
  }

  /** Largest image file that is kept, bytes. */
  public int maxImageBytes() {
    return settings.maxImageBytes();
  }

  @PreDestroy
  void close() {
    turns.close();
  }
}
