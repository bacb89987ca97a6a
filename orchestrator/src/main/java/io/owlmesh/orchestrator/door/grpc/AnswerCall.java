// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import io.grpc.stub.StreamObserver;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.OrchestratorConfig;
import io.owlmesh.orchestrator.pipeline.ChatRequest;
import io.owlmesh.orchestrator.pipeline.MeshModel;
import io.owlmesh.proto.chat.v1.AnswerRequest;
import io.owlmesh.proto.chat.v1.Conversation;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** The caller's side of one Answer: gathers the question, then hands it on. */
final class AnswerCall implements StreamObserver<AnswerRequest> {
  private final OrchestratorConfig limits;
  private final Function<String, MeshModel> models;
  private final LongConsumer reserve;
  private final Consumer<ChatRequest> ask;
  private final Consumer<Throwable> refuse;
  private @Nullable ConversationUpload upload;
  private @Nullable Reservation room;
  private volatile long arrived;
  private boolean over;

  /**
   * @param reserve called with bytes of images, before they are kept; may refuse them
   * @param models gives a model by its name
   * @param ask called once with the whole question
   * @param refuse called once instead if it is wrong
   */
  AnswerCall(
      OrchestratorConfig limits,
      Function<String, MeshModel> models,
      LongConsumer reserve,
      Consumer<ChatRequest> ask,
      Consumer<Throwable> refuse) {
    this.limits = limits;
    this.models = models;
    this.reserve = reserve;
    this.ask = ask;
    this.refuse = refuse;
  }

  @Override
  @SuppressWarnings("NonAtomicVolatileUpdate") // Written under the lock.
  public synchronized void onNext(AnswerRequest request) {
    arrived += request.getSerializedSize();
    if (over && upload == null) {
      return; // Refused; what is still on its way is dropped.
    }
    try {
      take(request);
    } catch (RuntimeException e) {
      end(e);
    }
  }

  private void take(AnswerRequest request) {
    switch (request.getStepCase()) {
      case CONVERSATION -> begin(request.getConversation());
      case IMAGE -> {
        if (upload == null || room == null) {
          throw OwlException.badInput("conversation", "must come before its images");
        }
        room.grow(arrived);
        upload.add(request.getImage());
      }
      case STEP_NOT_SET -> throw OwlException.badInput("step", "is neither conversation nor image");
    }
    if (upload != null && upload.isComplete() && !over) {
      over = true;
      ask.accept(upload.question());
    }
  }

  private void begin(Conversation conversation) {
    if (upload != null) {
      throw OwlException.badInput("conversation", "was sent already");
    }
    upload = new ConversationUpload(conversation, limits, models);
    room = new Reservation(reserve, upload.totalBytes());
  }

  /** Bytes of the question so far. */
  long arrived() {
    return arrived;
  }

  /** The question does not go on; nothing happens if it is whole. */
  synchronized void late() {
    if (!over) {
      end(new OwlException(Fault.TOO_LATE, "", "the question does not arrive"));
    }
  }

  @Override
  public synchronized void onCompleted() {
    if (!over) {
      end(
          upload == null
              ? OwlException.badInput("conversation", "is missing")
              : upload.incomplete());
    }
  }

  @Override
  public synchronized void onError(Throwable cancelled) {
    end(cancelled);
  }

  private void end(Throwable failure) {
    over = true;
    upload = null;
    refuse.accept(failure);
  }
}
