// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.AnswerRequest;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.ImageChunk;
import io.owlmesh.proto.chat.v1.ImageHeader;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.Turn;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a caller can send wrong, and that it harms nobody else. */
class BadInputTest {
  private static final String UNTRACED = "00-" + "1".repeat(32) + "-" + "2".repeat(16) + "-00";

  private static Processes mesh;
  private static ManagedChannel door;

  @BeforeAll
  static void start(@TempDir Path logs) throws Exception {
    mesh =
        Processes.mesh(
                logs,
                Processes.TINY_CHECKPOINT,
                Map.of("OWL_ADAPTERS", Processes.TINY.resolve("adapters").toString()))
            .start();
    door = mesh.connect("orchestrator");
  }

  @AfterAll
  static void stop() throws Exception {
    door.shutdownNow();
    mesh.close();
  }

  @AfterEach
  void theNextQuestionIsAnswered() throws IOException {
    Dialogues.Golden golden = Dialogues.aboutAnImage();

    AnswerCaller caller = AnswerCaller.ask(door, golden);

    assertThat(caller.status().getCode()).isEqualTo(Status.Code.OK);
    assertThat(caller.text()).isEqualTo(golden.answer());
  }

  private static Turn.Builder turn(String text, ByteString... images) {
    Turn.Builder turn = Turn.newBuilder().setRole(Role.ROLE_HUMAN).setText(text);
    for (ByteString image : images) {
      turn.addImages(ImageHeader.newBuilder().setSizeBytes(image.size()));
    }
    return turn;
  }

  private static Conversation question(String text, ByteString... images) {
    return Conversation.newBuilder().addTurns(turn(text, images)).build();
  }

  static List<Arguments> wrongImages() throws IOException {
    ByteString photo = Dialogues.image("photo-a.jpg");
    return List.of(
        Arguments.of("text", ByteString.copyFromUtf8("words, and no picture"), "image"),
        Arguments.of("a truncated photo", photo.substring(0, photo.size() / 2), "image"),
        Arguments.of("a bomb of pixels", ByteString.copyFrom(bomb(40_000, 40_000)), "40000"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrongImages")
  void aWrongImageIsNamedByItsPlace(String what, ByteString wrong, String said) throws IOException {
    ByteString photo = Dialogues.image("photo-b.jpg");

    Status status =
        AnswerCaller.ask(door, question("Which?", photo, wrong), List.of(photo, wrong)).status();

    assertThat(status.getCode()).as(what).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).contains("images[1]").contains(said);
  }

  /** The header of a PNG of that size, and nothing behind it. */
  private static byte[] bomb(int width, int height) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
    ByteBuffer chunk = ByteBuffer.allocate(17);
    chunk.put(new byte[] {'I', 'H', 'D', 'R'}).putInt(width).putInt(height);
    chunk.put(new byte[] {8, 2, 0, 0, 0});
    CRC32 crc = new CRC32();
    crc.update(chunk.array());
    out.writeBytes(ByteBuffer.allocate(4).putInt(13).array());
    out.writeBytes(chunk.array());
    out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    return out.toByteArray();
  }

  static List<Arguments> wrongConversations() {
    Turn.Builder human = turn("Who?");
    Turn.Builder ai = Turn.newBuilder().setRole(Role.ROLE_AI).setText("An owl.");
    ByteString image = ByteString.copyFromUtf8("x");
    return List.of(
        wrong("no turns", c -> {}, "turns", "1 to 256"),
        wrong("nothing said", c -> c.addTurns(turn("")), "turns[0]", "neither text nor image"),
        wrong("no role", c -> c.addTurns(Turn.newBuilder().setText("Who?")), "turns[0].role"),
        wrong("an answer last", c -> c.addTurns(human).addTurns(ai), "turns[1].role"),
        wrong(
            "an AI that shows images",
            c -> c.addTurns(ai.clone().addImages(ImageHeader.newBuilder().setSizeBytes(9))),
            "turns[0].images"),
        wrong(
            "an empty image",
            c -> c.addTurns(turn("Who?").addImages(ImageHeader.newBuilder())),
            "turns[0].images[0].size_bytes",
            "20971520"),
        wrong(
            "an image of 200 MB",
            c ->
                c.addTurns(
                    turn("Who?").addImages(ImageHeader.newBuilder().setSizeBytes(200_000_000))),
            "turns[0].images[0].size_bytes",
            "20971520"),
        wrong(
            "seventeen images",
            c -> c.addTurns(turn("Who?", copies(image, 17))),
            "turns[0].images",
            "16"),
        wrong(
            "more than the context", c -> c.addTurns(turn("owl ".repeat(5_000))), "prompt", "2048"),
        wrong(
            "an unknown adapter",
            c -> c.addTurns(human).setOptions(AnswerOptions.newBuilder().setAdapter("nobody")),
            "adapter",
            "nobody"),
        wrong(
            "no tokens",
            c -> c.addTurns(human).setOptions(AnswerOptions.newBuilder().setMaxNewTokens(0)),
            "max_new_tokens"),
        wrong(
            "a negative temperature",
            c -> c.addTurns(human).setOptions(AnswerOptions.newBuilder().setTemperature(-1)),
            "temperature"),
        wrong(
            "a temperature that is no number",
            c -> c.addTurns(human).setOptions(AnswerOptions.newBuilder().setTemperature(Float.NaN)),
            "temperature"),
        wrong(
            "a probability above 1",
            c -> c.addTurns(human).setOptions(AnswerOptions.newBuilder().setTopP(1.5f)),
            "top_p"),
        wrong(
            "no candidates",
            c -> c.addTurns(human).setOptions(AnswerOptions.newBuilder().setTopK(0)),
            "top_k"));
  }

  private static ByteString[] copies(ByteString image, int count) {
    ByteString[] copies = new ByteString[count];
    Arrays.fill(copies, image);
    return copies;
  }

  private static Arguments wrong(
      String what, Consumer<Conversation.Builder> change, String... said) {
    Conversation.Builder conversation = Conversation.newBuilder();
    change.accept(conversation);
    return Arguments.of(what, conversation.build(), said);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrongConversations")
  void aWrongConversationIsRefusedByFieldAndLimit(
      String what, Conversation conversation, String[] said) {
    Status status = AnswerCaller.ask(door, conversation, List.of()).status();

    assertThat(status.getCode()).as(what).isIn(Status.Code.INVALID_ARGUMENT, Status.Code.NOT_FOUND);
    assertThat(status.getDescription()).contains(said);
  }

  @Test
  void fewerImagesThanAnnouncedAreRefused() throws IOException {
    ByteString photo = Dialogues.image("photo-a.jpg");

    Status status =
        AnswerCaller.ask(door, question("Which?", photo, photo), List.of(photo)).status();

    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription())
        .contains("image.data", "0 of " + photo.size() + " bytes of image 1");
  }

  @Test
  void moreImagesThanAnnouncedAreRefused() throws IOException {
    ByteString photo = Dialogues.image("photo-a.jpg");
    Conversation longAnswer =
        question("Which?", photo).toBuilder()
            .setOptions(AnswerOptions.newBuilder().setMaxNewTokens(1))
            .build();
    AnswerCaller caller = AnswerCaller.open(door, 60_000, UNTRACED);

    caller.send(AnswerRequest.newBuilder().setConversation(longAnswer).build());
    caller.send(image(1, photo));
    caller.halfClose();

    assertThat(caller.status().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(caller.status().getDescription()).contains("image.index", "image 0");
  }

  private static AnswerRequest image(int index, ByteString data) {
    return AnswerRequest.newBuilder()
        .setImage(ImageChunk.newBuilder().setIndex(index).setData(data))
        .build();
  }

  @Test
  void moreBytesThanAnnouncedAreRefusedBeforeTheyAreKept() throws IOException {
    ByteString photo = Dialogues.image("photo-a.jpg");
    AnswerCaller caller = AnswerCaller.open(door, 60_000, UNTRACED);

    caller.send(AnswerRequest.newBuilder().setConversation(question("?", photo)).build());
    caller.send(image(0, photo.concat(ByteString.copyFromUtf8("x"))));

    assertThat(caller.status().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(caller.status().getDescription()).contains("image.data", "" + photo.size());
  }

  @Test
  void aMessageOfTwoHundredMegabytesIsRefusedAndItsNeighbourOnTheConnectionAnswered()
      throws IOException {
    Dialogues.Golden golden = Dialogues.aboutAnImage();
    AnswerCaller neighbour = AnswerCaller.open(door, 60_000, UNTRACED);
    neighbour.send(AnswerRequest.newBuilder().setConversation(golden.conversation()).build());
    AnswerCaller caller = AnswerCaller.open(door, 60_000, UNTRACED);

    caller.send(image(0, ByteString.copyFrom(new byte[200_000_000])));

    assertThat(caller.status().getCode())
        .isIn(Status.Code.RESOURCE_EXHAUSTED, Status.Code.CANCELLED);
    neighbour.send(0, golden.images().getFirst());
    neighbour.halfClose();
    assertThat(neighbour.status().getCode()).isEqualTo(Status.Code.OK);
    assertThat(neighbour.text()).isEqualTo(golden.answer());
  }

  @Test
  void imagesThatAreAnnouncedAndNeverSentTakeNoRoomFromOthers() throws IOException {
    // 60 MB each, so that four of them are more than the orchestrator holds at a time.
    Conversation heavy =
        Conversation.newBuilder()
            .addTurns(
                turn("Which?")
                    .addImages(ImageHeader.newBuilder().setSizeBytes(20_000_000))
                    .addImages(ImageHeader.newBuilder().setSizeBytes(20_000_000))
                    .addImages(ImageHeader.newBuilder().setSizeBytes(20_000_000)))
            .build();
    List<AnswerCaller> silent = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      silent.add(AnswerCaller.open(door, 60_000, UNTRACED));
      silent.getLast().send(AnswerRequest.newBuilder().setConversation(heavy).build());
    }
    Dialogues.Golden golden = Dialogues.aboutAnImage();
    AnswerCaller neighbour = AnswerCaller.open(door, 60_000, UNTRACED);

    neighbour.send(AnswerRequest.newBuilder().setConversation(golden.conversation()).build());
    neighbour.send(0, golden.images().getFirst());
    neighbour.halfClose();

    assertThat(neighbour.status().getCode()).isEqualTo(Status.Code.OK);
    assertThat(neighbour.text()).isEqualTo(golden.answer());
    silent.forEach(AnswerCaller::cancel);
  }

  @Test
  void imagesBeforeTheirConversationAreRefused() {
    AnswerCaller caller = AnswerCaller.open(door, 60_000, UNTRACED);

    caller.send(image(0, ByteString.copyFromUtf8("x")));

    assertThat(caller.status().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(caller.status().getDescription()).contains("conversation");
  }

  @Test
  void aCallWithoutAConversationIsRefused() {
    AnswerCaller caller = AnswerCaller.open(door, 60_000, UNTRACED);

    caller.halfClose();

    assertThat(caller.status().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(caller.status().getDescription()).contains("conversation");
  }
}
