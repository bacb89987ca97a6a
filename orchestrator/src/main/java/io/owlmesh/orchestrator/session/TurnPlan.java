// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import com.google.protobuf.ByteString;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.orchestrator.OrchestratorConfig;
import io.owlmesh.orchestrator.mesh.MeshInfo;
import io.owlmesh.orchestrator.pipeline.AnswerParams;
import io.owlmesh.orchestrator.pipeline.ChatRequest;
import io.owlmesh.orchestrator.pipeline.ImageContent;
import io.owlmesh.orchestrator.pipeline.MeshModel;
import io.owlmesh.orchestrator.store.StoredConversation;
import io.owlmesh.orchestrator.store.TenantStore;
import io.owlmesh.orchestrator.store.Turn;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.Image;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.MessageState;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.chat.v1.Session;
import io.owlmesh.proto.chat.v1.SessionSettings;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.LongConsumer;

/** Says what a request means in the session as it is now. */
final class TurnPlan {
  private static final int USUAL_ANSWER = 256;
  private static final int MAX_TEXT = 65_536;

  private final TenantStore kept;
  private final OrchestratorConfig limits;

  /**
   * @param kept what is there to speak of
   */
  TurnPlan(TenantStore kept, OrchestratorConfig limits) {
    this.kept = kept;
    this.limits = limits;
  }

  /**
   * What a turn asks of the mesh.
   *
   * @param omittedImages images before those of the question, which the model is not shown
   */
  record Asked(ChatRequest question, int omittedMessages, int omittedImages) {}

  /**
   * The turn that a request takes.
   *
   * @throws OwlException BAD_INPUT, NOT_FOUND or CONFLICT naming the field
   */
  Turn turn(SendMessageRequest request, StoredConversation before) {
    return switch (request.getActionCase()) {
      case SAY -> {
        var say = request.getSay();
        Message question =
            human(
                "say",
                say.getText(),
                images("say.images", say.getImagesList()),
                before.session().getHead());
        yield turn(request, question, true);
      }
      case EDIT -> {
        var edit = request.getEdit();
        Message old = branch(before).require("edit.message_id", edit.getMessageId());
        if (old.getRole() != Role.ROLE_HUMAN) {
          throw OwlException.badInput("edit.message_id", "names an answer, not a human message");
        }
        List<Image> images = images("edit.images", edit.getImagesList());
        yield turn(request, human("edit", edit.getText(), images, old.getParentId()), true);
      }
      case REGENERATE -> {
        String id = request.getRegenerate().getMessageId();
        String field = "regenerate.message_id";
        Branch branch = branch(before);
        Message old = branch.require(field, id.isEmpty() ? before.session().getHead() : id);
        Message question =
            old.getRole() == Role.ROLE_HUMAN ? old : branch.require(field, old.getParentId());
        yield turn(request, question, false);
      }
      case ACTION_NOT_SET ->
          throw OwlException.badInput("action", "is none of say, edit and regenerate");
    };
  }

  private Turn turn(SendMessageRequest request, Message question, boolean isNew) {
    Message answer =
        message(Role.ROLE_AI, question.getId())
            .setState(MessageState.MESSAGE_STATE_ANSWERING)
            .build();
    return new Turn(
        request.getSessionId(), request.getRequestId(), digest(request), question, answer, isNew);
  }

  private static Branch branch(StoredConversation before) {
    return new Branch(before.messages());
  }

  /** By which a request is known: SHA-256 of what it asks. */
  static String digest(SendMessageRequest request) {
    ByteString asked =
        request.toBuilder()
            .clearSessionId()
            .clearRequestId()
            .clearWait()
            .clearDetached()
            .build()
            .toByteString();
    return ImageContent.sha256(asked);
  }

  private Message human(String field, String text, List<Image> images, String parent) {
    if (text.isEmpty() && images.isEmpty()) {
      throw OwlException.badInput(field, "neither text nor image");
    }
    TextRules.require(field + ".text", text, 0, MAX_TEXT);
    return message(Role.ROLE_HUMAN, parent)
        .setText(text)
        .addAllImages(images)
        .setState(MessageState.MESSAGE_STATE_COMPLETE)
        .build();
  }

  private Message.Builder message(Role role, String parent) {
    return Message.newBuilder()
        .setId(UUID.randomUUID().toString())
        .setParentId(parent)
        .setRole(role)
        .setCreatedAt(kept.now());
  }

  private List<Image> images(String field, List<String> digests) {
    if (digests.size() > limits.maxImages()) {
      throw new OwlException(
          ErrorCode.TOO_MANY_IMAGES,
          field,
          "%d, at most %d are allowed".formatted(digests.size(), limits.maxImages()));
    }
    List<Image> images = new ArrayList<>();
    for (int i = 0; i < digests.size(); i++) {
      try {
        images.add(kept.image(digests.get(i)));
      } catch (OwlException e) {
        String reason =
            switch (e.fault()) {
              case NOT_FOUND -> "is not uploaded";
              case BAD_INPUT -> "is no SHA-256";
              default -> throw e; // It is not the image's.
            };
        String place = "%s[%d]".formatted(field, i);
        throw new OwlException(e.code(), place, "'%s' %s".formatted(digests.get(i), reason), e);
      }
    }
    long bytes = images.stream().mapToLong(Image::getSizeBytes).sum();
    if (bytes > limits.maxRequestBytes()) {
      throw new OwlException(
          ErrorCode.IMAGE_TOO_LARGE,
          field,
          "%d bytes, at most %d are allowed".formatted(bytes, limits.maxRequestBytes()));
    }
    return images;
  }

  /**
   * The model of a session.
   *
   * @param named gives a model by its name
   * @throws OwlException CONFLICT naming it, if it is not served any more
   */
  static MeshModel model(Session session, Function<String, MeshModel> named) {
    SessionSettings settings = session.getSettings();
    String name = settings.hasModel() ? settings.getModel() : session.getModel();
    try {
      return named.apply(name);
    } catch (OwlException e) {
      if (e.code() != ErrorCode.MODEL_NOT_FOUND || name.isEmpty()) {
        throw e;
      }
      throw new OwlException(
          ErrorCode.MODEL_MISMATCH, "settings.model", "the session wants " + e.sentence(), e);
    }
  }

  /**
   * The options of a turn, checked.
   *
   * @throws OwlException BAD_INPUT, NOT_FOUND or CONFLICT naming the field
   */
  static GenerationOptions options(SendMessageRequest request, Session session, MeshModel model) {
    AnswerOptions asked =
        request.hasOptions() ? request.getOptions() : session.getSettings().getOptions();
    GenerationOptions options = AnswerParams.of(asked, model.defaultAdapter());
    requireAdapter("options.adapter", options.getAdapter(), model.mesh());
    return options;
  }

  static void requireAdapter(String field, String adapter, MeshInfo mesh) {
    if (!adapter.isEmpty() && !mesh.adapters().contains(adapter)) {
      throw new OwlException(
          ErrorCode.ADAPTER_NOT_FOUND,
          field,
          "'%s', there are %s".formatted(adapter, mesh.adapters()));
    }
  }

  /**
   * What a turn asks of the mesh, with as much of what was said before as the context holds.
   *
   * @param reserve called with the bytes of each file before it is read; may refuse them
   * @throws OwlException BAD_INPUT if not even the message itself fits
   */
  Asked asked(
      Turn turn,
      StoredConversation before,
      GenerationOptions options,
      MeshModel model,
      LongConsumer reserve) {
    List<Message> branch = new ArrayList<>();
    for (Message message : branch(before).upTo(turn.question().getParentId())) {
      // Of an answer that failed, there may be nothing to show.
      if (message.getRole() == Role.ROLE_HUMAN || !message.getText().isEmpty()) {
        branch.add(message);
      }
    }
    branch.add(turn.question());
    MeshInfo mesh = model.mesh();
    int room =
        options.hasMaxNewTokens()
            ? options.getMaxNewTokens()
            : Math.min(USUAL_ANSWER, mesh.context() / 4);
    ContextWindow window =
        ContextWindow.of(
            branch,
            turns -> prompt(mesh.template(), before.session(), turns),
            new ContextWindow.Images(limits.maxImages(), limits.maxRequestBytes()),
            prompt -> fits(prompt, model, mesh.context() - Math.min(room, mesh.context() / 2)));
    List<ImageContent> files =
        window.messages().stream()
            .flatMap(message -> message.getImagesList().stream())
            .map(image -> file(image, reserve))
            .toList();
    int images = branch.stream().mapToInt(Message::getImagesCount).sum();
    return new Asked(
        new ChatRequest(window.prompt(), files, options, turn.sessionId()),
        window.omitted(),
        images - files.size());
  }

  /** A dialogue of a session, with the session's system sentence if it has one. */
  static Prompt prompt(ChatTemplate template, Session session, List<ChatTemplate.Turn> turns) {
    return template.prompt(system(template, session), turns);
  }

  /** The session's system sentence, or the template's own. */
  static String system(ChatTemplate template, Session session) {
    SessionSettings settings = session.getSettings();
    return settings.hasSystem() ? settings.getSystem() : template.system();
  }

  private static boolean fits(Prompt prompt, MeshModel model, int most) {
    return model.positions(prompt, most) <= most;
  }

  private ImageContent file(Image image, LongConsumer reserve) {
    AtomicBoolean reserved = new AtomicBoolean();
    return new ImageContent(
        image.getSha256(),
        () -> {
          // A look that failed may be tried again.
          if (!reserved.getAndSet(true)) {
            reserve.accept(image.getSizeBytes());
          }
          return kept.read(image.getSha256());
        });
  }
}
