// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.owlmesh.meshtests.Trap.Moment;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.CreateSessionRequest;
import io.owlmesh.proto.chat.v1.DeleteSessionRequest;
import io.owlmesh.proto.chat.v1.EditedMessage;
import io.owlmesh.proto.chat.v1.Feedback;
import io.owlmesh.proto.chat.v1.ImageHeader;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.NewMessage;
import io.owlmesh.proto.chat.v1.Rating;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.chat.v1.SetFeedbackRequest;
import io.owlmesh.proto.chat.v1.UpdateSessionRequest;
import io.owlmesh.proto.chat.v1.UploadImageRequest;
import io.owlmesh.proto.chat.v1.UploadImageResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A client that does with its sessions whatever comes to its mind until the front door dies. */
final class Talker {
  private static final int PIECE = 16_384;
  private static final int SESSIONS = 4;
  private static final int TURNS = 12;

  final List<Known> sessions = new ArrayList<>();
  final List<String> asked = new ArrayList<>();
  private final Random random;
  private final Album album;

  /**
   * @param album where its images come from
   */
  Talker(long seed, Album album) {
    this.random = new Random(seed);
    this.album = album;
  }

  /** Talks until something fails. */
  StatusRuntimeException talk(Channel door, Trap trap) {
    try {
      while (true) {
        act(door, trap);
      }
    } catch (StatusRuntimeException e) {
      return e;
    }
  }

  /**
   * Talks until it is enough.
   *
   * @throws StatusRuntimeException if anything fails
   */
  void talkUntil(BooleanSupplier enough, Channel door) {
    Trap none = new Trap(Moment.OTHER, Integer.MAX_VALUE);
    while (!enough.getAsBoolean()) {
      act(door, none);
    }
  }

  private void act(Channel door, Trap trap) {
    List<Known> there = sessions.stream().filter(session -> !session.gone).toList();
    if (there.size() < 2) {
      create(door, trap);
      return;
    }
    Known session = there.get(random.nextInt(there.size()));
    int choice = random.nextInt(20);
    if (there.size() > SESSIONS || session.turns.size() > TURNS || choice == 0) {
      delete(door, trap, session);
    } else if (choice < 3) {
      create(door, trap);
    } else if (choice < 5) {
      rename(door, trap, session);
    } else if (choice < 7) {
      rate(door, trap, session);
    } else if (choice < 10) {
      say(door, trap, session, List.of(upload(door, trap, album.own(random))));
    } else if (choice < 12) {
      say(door, trap, session, List.of(upload(door, trap, album.shared(random))));
    } else {
      say(door, trap, session, List.of());
    }
  }

  private static ChatGrpc.ChatBlockingStub chat(Channel door) {
    return ChatGrpc.newBlockingStub(door).withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private void create(Channel door, Trap trap) {
    String title = "begun " + UUID.randomUUID();
    asked.add(title);
    var request = CreateSessionRequest.newBuilder().setTitle(title).build();
    sessions.add(new Known(chat(door).createSession(request).getSession().getId(), title));
    trap.hit(Moment.OTHER);
  }

  private void rename(Channel door, Trap trap, Known session) {
    String title = "renamed " + UUID.randomUUID();
    session.title.ask(title);
    var request = UpdateSessionRequest.newBuilder().setSessionId(session.id).setTitle(title);
    chat(door).updateSession(request.build());
    session.title.acknowledged(title);
    trap.hit(Moment.OTHER);
  }

  private void rate(Channel door, Trap trap, Known session) {
    Message answer =
        session.turns.isEmpty()
            ? null
            : session.turns.get(random.nextInt(session.turns.size())).done();
    if (answer == null) {
      return;
    }
    Feedback feedback =
        Feedback.newBuilder()
            .setRating(random.nextBoolean() ? Rating.RATING_UP : Rating.RATING_DOWN)
            .setNote("note " + random.nextInt())
            .build();
    Perhaps<Feedback> rating = session.rating(answer.getId());
    rating.ask(feedback);
    chat(door)
        .setFeedback(
            SetFeedbackRequest.newBuilder()
                .setSessionId(session.id)
                .setMessageId(answer.getId())
                .setFeedback(feedback)
                .build());
    rating.acknowledged(feedback);
    trap.hit(Moment.OTHER);
  }

  private void delete(Channel door, Trap trap, Known session) {
    session.deleting = true;
    chat(door).deleteSession(DeleteSessionRequest.newBuilder().setSessionId(session.id).build());
    session.gone = true;
    trap.hit(Moment.OTHER);
  }

  private void say(Channel door, Trap trap, Known session, List<String> images) {
    String text = "What is " + random.nextInt(1000) + "?";
    int tokens = 8 + random.nextInt(56);
    SendMessageRequest.Builder request =
        SendMessageRequest.newBuilder()
            .setSessionId(session.id)
            .setRequestId(UUID.randomUUID().toString())
            .setOptions(AnswerOptions.newBuilder().setMaxNewTokens(tokens).setMinNewTokens(tokens));
    String earlier = session.turns.isEmpty() ? "" : session.turns.getFirst().question();
    if (!earlier.isEmpty() && random.nextInt(6) == 0) {
      request.setEdit(
          EditedMessage.newBuilder().setMessageId(earlier).setText(text).addAllImages(images));
    } else {
      request.setSay(NewMessage.newBuilder().setText(text).addAllImages(images));
    }
    Asked turn = new Asked(request.build());
    session.turns.add(turn);
    turn.hear(chat(door).sendMessage(turn.request), trap);
  }

  private String upload(Channel door, Trap trap, ByteString file) {
    CompletableFuture<UploadImageResponse> response = new CompletableFuture<>();
    StreamObserver<UploadImageRequest> out =
        ChatGrpc.newStub(door).withDeadlineAfter(60, TimeUnit.SECONDS).uploadImage(once(response));
    out.onNext(
        UploadImageRequest.newBuilder()
            .setHeader(ImageHeader.newBuilder().setSizeBytes(file.size()))
            .build());
    for (int from = 0; from < file.size(); from += PIECE) {
      ByteString piece = file.substring(from, Math.min(from + PIECE, file.size()));
      out.onNext(UploadImageRequest.newBuilder().setData(piece).build());
      trap.hit(Moment.UPLOADING);
    }
    out.onCompleted();
    try {
      String sha256 = response.join().getImage().getSha256();
      album.uploaded(sha256);
      return sha256;
    } catch (CompletionException e) {
      throw e.getCause() instanceof StatusRuntimeException status ? status : e;
    }
  }

  private static <T> StreamObserver<T> once(CompletableFuture<T> response) {
    return new StreamObserver<>() {
      @Override
      public void onNext(T message) {
        response.complete(message);
      }

      @Override
      public void onError(Throwable failure) {
        response.completeExceptionally(failure);
      }

      @Override
      public void onCompleted() {}
    };
  }
}
