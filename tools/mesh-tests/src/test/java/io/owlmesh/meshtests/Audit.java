// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.GetImageRequest;
import io.owlmesh.proto.chat.v1.GetSessionRequest;
import io.owlmesh.proto.chat.v1.GetSessionResponse;
import io.owlmesh.proto.chat.v1.ListSessionsRequest;
import io.owlmesh.proto.chat.v1.ListSessionsResponse;
import io.owlmesh.proto.chat.v1.MessageState;
import io.owlmesh.proto.chat.v1.Session;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Compares what a front door tells after its death with what it acknowledged before. */
final class Audit {
  private static final Trap NONE = new Trap(Trap.Moment.OTHER, Integer.MAX_VALUE);

  private final List<Talker> talkers;
  private final Album album;
  private final Path images;
  private final Set<String> read = new HashSet<>();

  /**
   * @param images the folder that holds their files
   */
  Audit(List<Talker> talkers, Album album, Path images) {
    this.talkers = talkers;
    this.album = album;
    this.images = images;
  }

  void check(Channel door) throws Exception {
    ChatGrpc.ChatBlockingStub chat =
        ChatGrpc.newBlockingStub(door).withDeadlineAfter(60, TimeUnit.SECONDS);
    adopt(chat);
    for (Known session : sessions()) {
      check(chat, session);
    }
    for (Known session : sessions()) {
      if (!session.gone) {
        sendAgain(chat, session);
      }
    }
    checkImages(chat);
  }

  private List<Known> sessions() {
    return talkers.stream().flatMap(talker -> talker.sessions.stream()).toList();
  }

  /**
   * The list tells every session that is there; one whose begin was not acknowledged is adopted.
   */
  private void adopt(ChatGrpc.ChatBlockingStub chat) {
    Map<String, Session> listed = new HashMap<>();
    ListSessionsResponse page = ListSessionsResponse.getDefaultInstance();
    do {
      page =
          chat.listSessions(
              ListSessionsRequest.newBuilder()
                  .setPageSize(5)
                  .setPageToken(page.getNextPageToken())
                  .build());
      page.getSessionsList().forEach(session -> listed.put(session.getId(), session));
    } while (!page.getNextPageToken().isEmpty());
    for (Known session : sessions()) {
      boolean there = listed.remove(session.id) != null;
      if (!session.deleting) {
        assertThat(there).as("session %s is listed", session.id).isTrue();
      }
    }
    for (Talker talker : talkers) {
      List<Session> mine =
          listed.values().stream().filter(s -> talker.asked.contains(s.getTitle())).toList();
      assertThat(mine).as("sessions whose begin was not acknowledged").hasSizeLessThan(2);
      mine.forEach(s -> talker.sessions.add(new Known(s.getId(), s.getTitle())));
      mine.forEach(s -> listed.remove(s.getId()));
    }
    assertThat(listed).as("sessions that nobody began").isEmpty();
  }

  /** A session when nothing is written in it: what the dead wrote is interrupted within seconds. */
  private static GetSessionResponse get(ChatGrpc.ChatBlockingStub chat, Known session)
      throws InterruptedException {
    GetSessionRequest request = GetSessionRequest.newBuilder().setSessionId(session.id).build();
    for (int tries = 0; ; tries++) {
      GetSessionResponse kept = chat.getSession(request);
      boolean written =
          kept.getMessagesList().stream()
              .anyMatch(message -> message.getState() == MessageState.MESSAGE_STATE_ANSWERING);
      if (!written || tries == 100) {
        return kept;
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  private static void check(ChatGrpc.ChatBlockingStub chat, Known session)
      throws InterruptedException {
    if (session.gone) {
      assertThatThrownBy(() -> get(chat, session)).hasMessageStartingWith("NOT_FOUND");
      return;
    }
    try {
      session.check(get(chat, session));
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
      assertThat(session.deleting).as("deletion of %s was asked for", session.id).isTrue();
      session.gone = true;
    }
  }

  /** A request that was interrupted is answered when it comes again, and then only repeated. */
  private static void sendAgain(ChatGrpc.ChatBlockingStub chat, Known session)
      throws InterruptedException {
    List<Asked> turns = session.turns;
    for (int i = 0; i < turns.size(); i++) {
      if (!turns.get(i).isDone()) {
        Asked again = new Asked(turns.get(i).request);
        again.hear(chat.sendMessage(again.request), NONE);
        turns.get(i).checkAgain(again);
        turns.set(i, again);
        Asked third = new Asked(again.request);
        third.hear(chat.sendMessage(third.request), NONE);
        again.checkAgain(third);
      }
    }
    GetSessionResponse kept = get(chat, session);
    session.check(kept);
    assertThat(kept.getMessagesCount()).isEqualTo(2 * turns.size());
  }

  private void checkImages(ChatGrpc.ChatBlockingStub chat) throws Exception {
    Set<String> shown = new HashSet<>();
    Set<String> hidden = new HashSet<>();
    for (Known session : sessions()) {
      for (Asked turn : session.turns) {
        (session.gone ? hidden : shown).addAll(turn.images());
      }
    }
    hidden.removeIf(sha256 -> shown.contains(sha256) || album.isShared(sha256));
    Set<String> kept = new HashSet<>(album.uploaded());
    kept.removeAll(hidden);
    kept.removeIf(sha256 -> album.isShared(sha256) && !shown.contains(sha256));
    awaitSweep(kept, hidden);
    for (String sha256 : kept) {
      if (read.add(sha256)) {
        assertThat(file(chat, sha256)).isEqualTo(album.file(sha256));
      }
    }
  }

  private static ByteString file(ChatGrpc.ChatBlockingStub chat, String sha256) {
    List<ByteString> pieces = new ArrayList<>();
    chat.getImage(GetImageRequest.newBuilder().setSha256(sha256).build())
        .forEachRemaining(piece -> pieces.add(piece.getData()));
    return ByteString.copyFrom(pieces);
  }

  private void awaitSweep(Set<String> kept, Set<String> hidden) throws Exception {
    for (int tries = 0; ; tries++) {
      Set<String> there = files();
      boolean swept = there.stream().allMatch(f -> album.isTried(f) && !hidden.contains(f));
      if (swept || tries == 100) {
        assertThat(there).containsAll(kept).noneMatch(hidden::contains);
        assertThat(there).as("files that are no images").allMatch(album::isTried);
        return;
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  /** Names of all files of images, whole or not. */
  Set<String> files() throws IOException {
    try (Stream<Path> files = Files.walk(images)) {
      Set<String> names = new HashSet<>();
      files.filter(Files::isRegularFile).forEach(file -> names.add(file.getFileName().toString()));
      return names;
    }
  }
}
