// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import static io.grpc.Status.Code.FAILED_PRECONDITION;
import static io.grpc.Status.Code.INTERNAL;
import static io.grpc.Status.Code.INVALID_ARGUMENT;
import static io.grpc.Status.Code.NOT_FOUND;
import static io.grpc.Status.Code.RESOURCE_EXHAUSTED;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.Status;
import io.owlmesh.orchestrator.pipeline.FakeMesh;
import io.owlmesh.orchestrator.store.Pictures;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.CreateSessionRequest;
import io.owlmesh.proto.chat.v1.DeleteSessionRequest;
import io.owlmesh.proto.chat.v1.ExportFeedbackRequest;
import io.owlmesh.proto.chat.v1.Feedback;
import io.owlmesh.proto.chat.v1.FollowAnswerRequest;
import io.owlmesh.proto.chat.v1.GetAttentionRequest;
import io.owlmesh.proto.chat.v1.GetAttentionResponse;
import io.owlmesh.proto.chat.v1.GetImageRequest;
import io.owlmesh.proto.chat.v1.GetImageResponse;
import io.owlmesh.proto.chat.v1.GetSessionRequest;
import io.owlmesh.proto.chat.v1.ListSessionsRequest;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.MessageState;
import io.owlmesh.proto.chat.v1.NewMessage;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.chat.v1.SendMessageResponse;
import io.owlmesh.proto.chat.v1.SessionSettings;
import io.owlmesh.proto.chat.v1.SetFeedbackRequest;
import io.owlmesh.proto.chat.v1.StopAnswerRequest;
import io.owlmesh.proto.chat.v1.UpdateSessionRequest;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The front door as any gRPC client sees it, with a mesh behind that says back what it is shown.
 */
@Timeout(120)
class ChatGrpcServiceTest {
  private static final int MANY = 40_000;

  @TempDir Path folder;
  private FakeMesh mesh;
  private GrpcDoor door;

  @BeforeEach
  void open(TestInfo test) throws Exception {
    mesh =
        new FakeMesh(
            "door " + test.getDisplayName(),
            Map.of(
                "owl.max-images", "2",
                "owl.max-image-bytes", "6000000",
                "owl.max-upload-bytes", "8000000"));
    door = new GrpcDoor(folder, mesh);
  }

  @AfterEach
  void close() throws Exception {
    door.close();
    mesh.close();
  }

  private String session() {
    return door.chat()
        .createSession(CreateSessionRequest.getDefaultInstance())
        .getSession()
        .getId();
  }

  private static SendMessageRequest.Builder say(String session, String text, String... images) {
    return SendMessageRequest.newBuilder()
        .setSessionId(session)
        .setSay(NewMessage.newBuilder().setText(text).addAllImages(List.of(images)));
  }

  private Message send(SendMessageRequest.Builder request) {
    List<SendMessageResponse> events = new ArrayList<>();
    door.chat().sendMessage(request.build()).forEachRemaining(events::add);
    assertThat(events.getFirst().hasAccepted()).isTrue();
    return events.getLast().getDone();
  }

  private static void assertRefused(Status.Code code, String field, Supplier<?> call) {
    assertThat(Refused.of(call)).isEqualTo(new Refused(code, field));
  }

  @Test
  void sessionsThatAreNotThereAreNamedByEveryCall() {
    for (String id : List.of("nobody", "00000000-0000-0000-0000-000000000000", "")) {
      List<Supplier<?>> calls =
          List.of(
              () -> door.chat().getSession(GetSessionRequest.newBuilder().setSessionId(id).build()),
              () ->
                  door.chat()
                      .deleteSession(DeleteSessionRequest.newBuilder().setSessionId(id).build()),
              () ->
                  door.chat()
                      .updateSession(
                          UpdateSessionRequest.newBuilder().setSessionId(id).setTitle("t").build()),
              () -> door.chat().stopAnswer(StopAnswerRequest.newBuilder().setSessionId(id).build()),
              () ->
                  door.chat().setFeedback(SetFeedbackRequest.newBuilder().setSessionId(id).build()),
              () -> send(say(id, "x")));
      calls.forEach(call -> assertRefused(NOT_FOUND, "session_id", call));
    }
  }

  @Test
  void turnsThatAreWrongAreRefusedByTheNameOfTheField() {
    String id = session();
    String image = door.upload(Pictures.png(1));
    assertRefused(INVALID_ARGUMENT, "say", () -> send(say(id, "")));
    assertRefused(INVALID_ARGUMENT, "say.text", () -> send(say(id, "a\0b")));
    assertRefused(
        INVALID_ARGUMENT, "action", () -> send(SendMessageRequest.newBuilder().setSessionId(id)));
    assertRefused(INVALID_ARGUMENT, "say.images", () -> send(say(id, "x", image, image, image)));
    assertRefused(INVALID_ARGUMENT, "say.images[0]", () -> send(say(id, "x", "owl.png")));
    assertRefused(NOT_FOUND, "say.images[1]", () -> send(say(id, "x", image, "0".repeat(64))));
    assertRefused(
        INVALID_ARGUMENT,
        "temperature",
        () -> send(say(id, "x").setOptions(AnswerOptions.newBuilder().setTemperature(11))));
    assertRefused(
        NOT_FOUND,
        "options.adapter",
        () -> send(say(id, "x").setOptions(AnswerOptions.newBuilder().setAdapter("rude"))));
    assertThat(
            door.chat()
                .getSession(GetSessionRequest.newBuilder().setSessionId(id).build())
                .getMessagesList())
        .isEmpty();
  }

  @Test
  void sessionsThatAreWrongAreRefusedByTheNameOfTheField() {
    assertRefused(
        INVALID_ARGUMENT,
        "title",
        () ->
            door.chat()
                .createSession(
                    CreateSessionRequest.newBuilder().setTitle("t".repeat(201)).build()));
    assertRefused(
        NOT_FOUND, "settings.model", () -> create(SessionSettings.newBuilder().setModel("other")));
    assertRefused(
        NOT_FOUND,
        "settings.options.adapter",
        () ->
            create(
                SessionSettings.newBuilder()
                    .setOptions(AnswerOptions.newBuilder().setAdapter("rude"))));
    assertRefused(
        INVALID_ARGUMENT,
        "page_token",
        () -> door.chat().listSessions(ListSessionsRequest.newBuilder().setPageToken("x").build()));
    assertRefused(
        INVALID_ARGUMENT,
        "page_size",
        () -> door.chat().listSessions(ListSessionsRequest.newBuilder().setPageSize(-1).build()));
    assertRefused(
        INVALID_ARGUMENT,
        "feedback.rating",
        () ->
            door.chat()
                .setFeedback(
                    SetFeedbackRequest.newBuilder()
                        .setSessionId(session())
                        .setFeedback(Feedback.newBuilder().setRatingValue(99))
                        .build()));
    assertRefused(
        INVALID_ARGUMENT,
        "ratings",
        () ->
            door.chat()
                .exportFeedback(ExportFeedbackRequest.newBuilder().addRatingsValue(99).build())
                .hasNext());
  }

  private Object create(SessionSettings.Builder settings) {
    return door.chat()
        .createSession(CreateSessionRequest.newBuilder().setSettings(settings).build());
  }

  @Test
  void uploadsThatAreWrongAreRefusedByTheNameOfTheField() {
    ByteString file = Pictures.png(1);
    ByteString text = ByteString.copyFromUtf8("no picture");
    assertRefused(
        INVALID_ARGUMENT, "image", () -> door.upload(GrpcDoor.header(10), GrpcDoor.data(text)));
    assertRefused(
        INVALID_ARGUMENT, "header.size_bytes", () -> door.upload(GrpcDoor.header(6_000_001)));
    assertRefused(INVALID_ARGUMENT, "header.size_bytes", () -> door.upload(GrpcDoor.header(0)));
    assertRefused(INVALID_ARGUMENT, "header", () -> door.upload(GrpcDoor.data(file)));
    assertRefused(
        INVALID_ARGUMENT,
        "header",
        () -> door.upload(GrpcDoor.header(1_000), GrpcDoor.header(1_000)));
    assertRefused(
        INVALID_ARGUMENT, "data", () -> door.upload(GrpcDoor.header(5), GrpcDoor.data(file)));
    assertRefused(
        INVALID_ARGUMENT, "data", () -> door.upload(GrpcDoor.header(1_000), GrpcDoor.data(file)));
    assertRefused(INVALID_ARGUMENT, "data", () -> door.upload());
    // Nothing of them is held any more: as much as is allowed is taken.
    ByteString large = Pictures.bmp(1, 990);
    assertThat(door.upload(large)).isEqualTo(door.upload(large));
  }

  @Test
  void anImageComesBackInPieces() {
    ByteString file = Pictures.bmp(7, 800);
    String sha256 = door.upload(file);

    List<GetImageResponse> pieces = new ArrayList<>();
    door.chat()
        .getImage(GetImageRequest.newBuilder().setSha256(sha256).build())
        .forEachRemaining(pieces::add);

    assertThat(pieces).hasSize(2);
    assertThat(pieces.getFirst().getImage().getMediaType()).isEqualTo("image/bmp");
    assertThat(pieces.getFirst().getImage().getWidth()).isEqualTo(800);
    assertThat(pieces.getFirst().getData().concat(pieces.getLast().getData())).isEqualTo(file);
    assertRefused(NOT_FOUND, "sha256", () -> image("0".repeat(64)).hasNext());
    assertRefused(INVALID_ARGUMENT, "sha256", () -> image("../../x").hasNext());
  }

  @Test
  void whereTheQueriesLookIsToldForBothLayers() {
    String sha256 = door.upload(Pictures.png(1));

    GetAttentionResponse attention = attention(sha256, "");

    assertThat(attention.getQueries()).isEqualTo(2);
    assertThat(attention.getRows()).isEqualTo(2);
    assertThat(attention.getColumns()).isEqualTo(2);
    assertThat(attention.getReadsQuestion()).isFalse();
    assertThat(floats(attention.getFirstLayer())).containsExactly(.1f, .2f, .3f, .4f, 1, 0, 0, 0);
    assertThat(floats(attention.getLastLayer())).containsExactly(.5f, .5f, 0, 0, 0, 0, 0, .25f);
    assertRefused(NOT_FOUND, "sha256", () -> attention("0".repeat(64), ""));
    assertRefused(INVALID_ARGUMENT, "sha256", () -> attention("../../x", ""));
    assertRefused(INVALID_ARGUMENT, "question", () -> attention(sha256, "?".repeat(16_385)));
  }

  @Test
  void aConnectorWithoutQueriesHasNoAttentionAndOneThatLiesIsNotBelieved() {
    String sha256 = door.upload(Pictures.png(1));
    mesh.stages.attend(new float[0], 0, 0, 4);
    assertThat(attention(sha256, "").getQueries()).isZero();

    mesh.stages.attend(new float[10], 2, 1, 5);
    assertRefused(INTERNAL, "", () -> attention(sha256, ""));
    mesh.stages.attend(new float[] {Float.NaN, 0}, 2, 1, 1);
    assertRefused(INTERNAL, "", () -> attention(sha256, ""));
  }

  @Test
  void aPictureThatIsNoSquareIsLeftOutAndTheMapsAreTold() {
    String sha256 = door.upload(Pictures.png(1));
    mesh.stages.lie = response -> response.toBuilder().setPicture(ofSize(3 * 4)).build();
    assertThat(attention(sha256, "").getPictureSide()).isEqualTo(2);

    mesh.stages.lie = response -> response.toBuilder().setPicture(ofSize(3 * 5)).build();
    GetAttentionResponse wrong = attention(sha256, "");

    assertThat(wrong.getQueries()).isEqualTo(2);
    assertThat(wrong.getPictureSide()).isZero();
    assertThat(wrong.getPicture()).isEqualTo(ByteString.EMPTY);
  }

  private static ByteString ofSize(int bytes) {
    return ByteString.copyFrom(new byte[bytes]);
  }

  private GetAttentionResponse attention(String sha256, String question) {
    return door.chat()
        .getAttention(
            GetAttentionRequest.newBuilder().setSha256(sha256).setQuestion(question).build());
  }

  private static float[] floats(ByteString bytes) {
    FloatBuffer floats =
        bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    float[] values = new float[floats.remaining()];
    floats.get(values);
    return values;
  }

  private Iterator<GetImageResponse> image(String sha256) {
    return door.chat().getImage(GetImageRequest.newBuilder().setSha256(sha256).build());
  }

  @Test
  void imagesThatNobodyReadsOnCountAsHeldUntilTheirCallersGo() throws Exception {
    String sha256 = door.upload(Pictures.bmp(7, 1400));
    Context.CancellableContext slow = Context.current().withCancellation();
    slow.call(() -> image(sha256).next());

    assertRefused(RESOURCE_EXHAUSTED, "images", () -> image(sha256).next());

    slow.cancel(null);
    while (true) {
      try {
        image(sha256).forEachRemaining(_ -> {});
        return;
      } catch (io.grpc.StatusRuntimeException e) {
        assertThat(e.getStatus().getCode()).isEqualTo(RESOURCE_EXHAUSTED);
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }
  }

  @Test
  void aSlowReaderStopsTheModelAndASecondTurnWaitsOnlyIfAsked() throws Exception {
    String id = session();
    mesh.stages.tokens(MANY);
    Iterator<SendMessageResponse> slow = door.chat().sendMessage(say(id, "One?").build());
    assertThat(slow.next().hasAccepted()).isTrue();
    int before;
    int sent = -1;
    do {
      before = sent;
      TimeUnit.MILLISECONDS.sleep(500);
      sent = mesh.tokensSent();
    } while (sent != before || sent == 0);
    assertThat(sent).isLessThan(MANY);

    assertRefused(FAILED_PRECONDITION, "session_id", () -> send(say(id, "Two?")));
    Iterator<SendMessageResponse> waiting =
        door.chat().sendMessage(say(id, "Three?").setWait(true).build());
    List<SendMessageResponse> events = new ArrayList<>();
    slow.forEachRemaining(events::add);
    mesh.stages.tokens(2);

    Message first = events.getLast().getDone();
    assertThat(first.getState()).isEqualTo(MessageState.MESSAGE_STATE_COMPLETE);
    assertThat(waiting.next().getAccepted().getQuestion().getParentId()).isEqualTo(first.getId());
  }

  private static void awaitText(Iterator<SendMessageResponse> talking) {
    boolean said;
    do {
      said = talking.next().hasText();
    } while (!said);
  }

  @Test
  void aCallerWhoGoesAwayLeavesWhatWasSaidAndAFreeSession() throws Exception {
    String id = session();
    mesh.stages.tokens(MANY);
    Context.CancellableContext caller = Context.current().withCancellation();
    Iterator<SendMessageResponse> talking =
        caller.call(() -> door.chat().sendMessage(say(id, "One?").build()));
    awaitText(talking);

    caller.cancel(null);

    mesh.stages.tokens(2);
    Message next = send(say(id, "Two?").setWait(true));
    List<Message> kept =
        door.chat()
            .getSession(GetSessionRequest.newBuilder().setSessionId(id).build())
            .getMessagesList();
    assertThat(kept.get(1).getState()).isEqualTo(MessageState.MESSAGE_STATE_INTERRUPTED);
    assertThat(kept.get(1).getText()).contains("One?");
    assertThat(kept.getLast()).isEqualTo(next);
  }

  @Test
  void aDetachedAnswerGoesOnWithoutItsCallerAndIsFollowedByAnother() throws Exception {
    mesh.stages.tokens(1_000);
    String id = session();
    Context.CancellableContext caller = Context.current().withCancellation();
    Iterator<SendMessageResponse> talking =
        caller.call(() -> door.chat().sendMessage(say(id, "One?").setDetached(true).build()));
    String first = talking.next().getEventId();

    caller.cancel(null);

    List<SendMessageResponse> rest = new ArrayList<>();
    door.chat()
        .followAnswer(FollowAnswerRequest.newBuilder().setSessionId(id).setAfter(first).build())
        .forEachRemaining(rest::add);
    assertThat(rest.getLast().getDone().getState()).isEqualTo(MessageState.MESSAGE_STATE_COMPLETE);
    assertThat(rest.getLast().getDone().getAnswer().getCompletionTokens()).isEqualTo(1_000);
    StringBuilder text = new StringBuilder();
    rest.forEach(event -> text.append(event.getText().getText()));
    assertThat(text).hasToString(rest.getLast().getDone().getText());
  }

  @Test
  void anAnswerThatIsStoppedEndsItsCallWithWhatWasSaid() {
    String id = session();
    mesh.stages.tokens(MANY);
    Iterator<SendMessageResponse> talking = door.chat().sendMessage(say(id, "One?").build());
    awaitText(talking);

    assertThat(
            door.chat()
                .stopAnswer(StopAnswerRequest.newBuilder().setSessionId(id).build())
                .getStopped())
        .isTrue();

    List<SendMessageResponse> events = new ArrayList<>();
    talking.forEachRemaining(events::add);
    assertThat(events.getLast().getDone().getState()).isEqualTo(MessageState.MESSAGE_STATE_STOPPED);
  }
}
