// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.Contexts;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.CallerLimits.Kind;
import io.owlmesh.core.identity.Role;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.orchestrator.OrchestratorConfig;
import io.owlmesh.orchestrator.audit.AuditNote;
import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.owlmesh.orchestrator.pipeline.AnswerParams;
import io.owlmesh.orchestrator.pipeline.ImageContent;
import io.owlmesh.orchestrator.pipeline.MeshGateway;
import io.owlmesh.orchestrator.pipeline.MeshModel;
import io.owlmesh.orchestrator.store.SessionPage;
import io.owlmesh.orchestrator.store.SessionStore;
import io.owlmesh.orchestrator.store.StoredConversation;
import io.owlmesh.orchestrator.store.StoredFile;
import io.owlmesh.orchestrator.store.StoredFiles;
import io.owlmesh.orchestrator.store.TenantStore;
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
import io.owlmesh.wire.identity.Caller;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * What can be done with conversations that are kept, each for the tenant of the current caller.
 * Everything blocks but {@link #send}.
 */
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
  private final AdmissionControl answers;
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
    this.answers = answers;
    this.settings = settings;
    this.turns = new SessionTurns(store, answers, settings, lease);
  }

  /**
   * Begins a session.
   *
   * @throws OwlException BAD_INPUT or NOT_FOUND naming the field
   */
  public Session create(CreateSessionRequest request) {
    TextRules.require("title", request.getTitle(), 0, MAX_TITLE);
    MeshModel model = check(request.getSettings(), "");
    var now = store.now();
    Session session =
        Session.newBuilder()
            .setId(UUID.randomUUID().toString())
            .setTitle(request.getTitle())
            .setSettings(request.getSettings())
            .setModel(model.configuredName())
            .setCreatedAt(now)
            .setUpdatedAt(now)
            .build();
    kept().create(session);
    return session;
  }

  /** What the tenant of the current caller keeps; another one's is not there. */
  private TenantStore kept() {
    Tenant tenant = Caller.currentOwner();
    return store.of(tenant, answers.limits().storage(tenant).orElse(settings.maxTenantBytes()));
  }

  /**
   * Checks settings.
   *
   * @param before the model of the session so far; empty if there is none
   * @return the model that they mean
   */
  private MeshModel check(SessionSettings asked, String before) {
    if (asked.getSerializedSize() > MAX_SETTINGS_BYTES) {
      throw OwlException.badInput(
          "settings",
          "%d bytes, at most %d are kept".formatted(asked.getSerializedSize(), MAX_SETTINGS_BYTES));
    }
    TextRules.require("settings.system", asked.getSystem(), 0, MAX_SYSTEM);
    AnswerParams.of(asked.getOptions(), "");
    MeshModel model =
        asked.hasModel()
            ? gateway.model("settings.model", asked.getModel())
            : gateway.model("model", before);
    if (asked.getOptions().hasAdapter()) {
      TurnPlan.requireAdapter(
          "settings.options.adapter", asked.getOptions().getAdapter(), model.mesh());
    }
    return model;
  }

  /** A session with all its messages. */
  public GetSessionResponse get(String id) {
    AuditNote.session(id);
    StoredConversation conversation = kept().conversation(id);
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
    SessionPage page = kept().list(size, request.getPageToken(), request.getQuery());
    return ListSessionsResponse.newBuilder()
        .addAllSessions(page.sessions())
        .setNextPageToken(page.nextToken())
        .build();
  }

  /** Renames a session, changes its settings or its current branch. */
  public Session update(UpdateSessionRequest request) {
    AuditNote.session(request.getSessionId());
    if (request.hasTitle()) {
      TextRules.require("title", request.getTitle(), 1, MAX_TITLE);
    }
    String model =
        request.hasSettings()
            ? check(request.getSettings(), kept().session(request.getSessionId()).getModel())
                .configuredName()
            : "";
    if (request.hasHead()) {
      new Branch(kept().conversation(request.getSessionId()).messages())
          .require("head", request.getHead());
    }
    return kept()
        .update(
            request.getSessionId(),
            session -> {
              if (request.hasTitle()) {
                session.setTitle(request.getTitle());
              }
              if (request.hasSettings()) {
                session.setSettings(request.getSettings()).setModel(model);
              }
              if (request.hasHead()) {
                session.setHead(request.getHead());
              }
            });
  }

  /** Deletes a session, after ending its answer. */
  public void delete(String id) {
    AuditNote.session(id);
    TenantStore kept = kept();
    kept.session(id);
    turns.alone(id, () -> kept.delete(id));
  }

  /**
   * What was deleted of a tenant.
   *
   * @param imageBytes of its image files
   */
  public record Deleted(long sessions, long imageBytes) {}

  /**
   * Deletes all that a tenant keeps, answers that are being written with it. What its callers begin
   * meanwhile may stay.
   *
   * @throws OwlException FORBIDDEN if the caller may not, whether there is such a tenant or not
   */
  public Deleted delete(Tenant tenant) {
    Caller caller = Caller.current();
    if (caller != null && !caller.owner().equals(tenant) && !caller.runsMesh(Role.ADMIN)) {
      throw new OwlException(Fault.FORBIDDEN, "tenant", "is not the caller's");
    }
    TenantStore kept = store.of(tenant);
    long bytes = kept.imageBytes();
    long sessions = 0;
    List<String> some = kept.someSessions(MAX_PAGE);
    while (!some.isEmpty()) {
      for (String id : some) {
        if (Context.current().isCancelled()) {
          throw Contexts.statusFromCancelled(Context.current()).asRuntimeException();
        }
        sessions += deleteIfThere(kept, id);
      }
      some = kept.someSessions(MAX_PAGE);
    }
    kept.deleteFiles();
    return new Deleted(sessions, bytes);
  }

  private int deleteIfThere(TenantStore kept, String id) {
    try {
      turns.alone(id, () -> kept.delete(id));
      return 1;
    } catch (OwlException e) {
      if (e.fault() == Fault.NOT_FOUND) {
        return 0; // Somebody else was faster.
      }
      throw e;
    }
  }

  /**
   * Takes a turn; returns at once.
   *
   * @return ends it if whoever listens goes away, unless it is detached
   */
  public Runnable send(SendMessageRequest request, TurnListener listener) {
    AuditNote.session(request.getSessionId());
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
    AuditNote.session(request.getSessionId());
    kept().session(request.getSessionId());
    turns.follow(request, told);
  }

  /** Ends the answer that is being written, by whichever orchestrator; whether there was one. */
  public boolean stop(String id) {
    AuditNote.session(id);
    kept().session(id);
    return turns.stop(id);
  }

  /** Keeps what somebody thinks of an answer. */
  public Message rate(SetFeedbackRequest request) {
    AuditNote.session(request.getSessionId());
    TextRules.require("feedback.note", request.getFeedback().getNote(), 0, MAX_NOTE);
    if (request.getFeedback().getRating() == Rating.UNRECOGNIZED) {
      throw OwlException.badInput("feedback.rating", "is none of up, down and flag");
    }
    return kept().rate(request.getSessionId(), request.getMessageId(), request.getFeedback());
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

  /** Tells the dialogues up to rated answers of the caller's tenant, as training reads them. */
  public void export(Collection<Rating> ratings, Consumer<ExportFeedbackResponse> each) {
    Set<Rating> wanted = EnumSet.of(Rating.RATING_UP);
    if (!ratings.isEmpty()) {
      wanted.clear();
      wanted.addAll(ratings);
    }
    if (wanted.contains(Rating.UNRECOGNIZED) || wanted.contains(Rating.RATING_UNSPECIFIED)) {
      throw OwlException.badInput("ratings", "only up, down and flag can be asked for");
    }
    kept().rated(wanted, dialogue -> each.accept(FeedbackLine.of(dialogue)));
  }

  /**
   * Keeps an image file.
   *
   * @throws OwlException BAD_INPUT, field {@code image}, if it is none or over a limit; SATURATED
   *     if those of the tenant leave no room for it
   */
  public Image upload(ByteString file) {
    answers.limits().take(Caller.current(), Kind.IMAGES, 1);
    return kept().addImage(file);
  }

  /** What an image file is. */
  public Image image(String sha256) {
    return kept().image(sha256);
  }

  /** An image file. */
  public ByteString read(String sha256) {
    return kept().read(sha256);
  }

  /**
   * Where in an image the connector's queries look.
   *
   * @throws OwlException NOT_FOUND or BAD_INPUT naming the field
   */
  public GetAttentionResponse attention(GetAttentionRequest request) {
    TextRules.require("question", request.getQuestion(), 0, MAX_QUESTION);
    TenantStore kept = kept();
    String sha256 = kept.image(request.getSha256()).getSha256();
    return gateway
        .model("model", request.getModel())
        .attention(new ImageContent(sha256, () -> kept.read(sha256)), request.getQuestion());
  }

  /** Image files of the caller's tenant that have names of their own. */
  public StoredFiles files() {
    return kept().storedFiles();
  }

  /**
   * Keeps an image file under a name of its own.
   *
   * @throws OwlException as {@link #upload}
   */
  public StoredFile addFile(String filename, String purpose, ByteString file) {
    answers.limits().take(Caller.current(), Kind.IMAGES, 1);
    return files().add(filename, purpose, file);
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
