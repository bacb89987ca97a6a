// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.owlmesh.bench.TestPicture;
import io.owlmesh.cli.OwlCalls;
import io.owlmesh.cli.chat.FakeChat;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import io.owlmesh.proto.chat.v1.AnswerTimings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {
  private OwlCalls owl;
  private Path home;

  @BeforeEach
  void useFreshHome(@TempDir Path folder) {
    home = folder;
    owl = new OwlCalls(folder);
  }

  @Test
  void everyStageIsShownAndEveryAnswerWritten() throws Exception {
    Path file = home.resolve("bench.json");
    try (FakeChat mesh = new FakeChat(BenchCommandTest::tenTokensInTwoSeconds)) {
      int code =
          owl.call(
              "bench",
              "--address",
              mesh.address(),
              "--requests",
              "3",
              "--warm-up",
              "1",
              "--images",
              "2",
              "--max-new-tokens",
              "10",
              "--memory-mib",
              "4",
              "--json",
              file.toString());

      assertThat(code).isZero();
      assertThat(mesh.conversations)
          .hasSize(4)
          .allSatisfy(asked -> assertThat(asked.getOptions().getMaxNewTokens()).isEqualTo(10));
      assertThat(mesh.images).hasSize(2).doesNotHaveDuplicates();
    }
    assertThat(owl.out.toString())
        .containsPattern("vision +300 ms +300 ms +300 ms +10.0 %")
        .contains("decode: 4.5 tokens/s (p50)")
        .contains("hops: 5.0 % of the answers' time")
        .contains("memory bandwidth: ");
    JsonNode json = JsonMapper.builder().build().readTree(file.toFile());
    assertThat(json.required("answers")).hasSize(3);
    assertThat(json.at("/summary/vision_micros/p90").asLong()).isEqualTo(300_000);
  }

  @Test
  void memoryAndStartUpOfTheMeshThatIsUpHereAreShown() throws Exception {
    try (FakeChat mesh = new FakeChat(BenchCommandTest::tenTokensInTwoSeconds)) {
      recordThisProcessAs(mesh.address());

      assertThat(owl.call("bench", "--requests", "1", "--memory-mib", "0")).isZero();
    }
    assertThat(owl.out.toString())
        .containsPattern("orchestrator +2.5 s +\\d+ MiB +\\d+ MiB")
        .doesNotContain("bandwidth");
  }

  @Test
  void requestsThatFailAreCountedAndExplained() throws Exception {
    try (FakeChat mesh =
        new FakeChat(out ->
            out.onError(
                Status.RESOURCE_EXHAUSTED.withDescription("the queue is full").asException()))) {
      int code =
          owl.call("bench", "--address", mesh.address(), "--requests", "2", "--memory-mib", "0");

      assertThat(code).isEqualTo(1);
      assertThat(owl.out.toString())
          .contains("2 request(s) failed, the first with: RESOURCE_EXHAUSTED: the queue is full");
    }
  }

  @Test
  void picturesOfOneSeedAreEqualAndOfTwoAreNot() {
    ByteString picture = TestPicture.jpeg(1);

    assertThat(picture.byteAt(0)).isEqualTo((byte) 0xFF);
    assertThat(TestPicture.jpeg(1)).isEqualTo(picture);
    assertThat(TestPicture.jpeg(2)).isNotEqualTo(picture);
  }

  private static void tenTokensInTwoSeconds(ServerCallStreamObserver<AnswerResponse> out) {
    out.onNext(FakeChat.text("It is a picture."));
    AnswerTimings timings =
        AnswerTimings.newBuilder()
            .setVisionMicros(300_000)
            .setDecodeMicros(2_000_000)
            .setHopsMicros(150_000)
            .setTotalMicros(3_000_000)
            .build();
    out.onNext(
        AnswerResponse.newBuilder()
            .setDone(AnswerDone.newBuilder().setCompletionTokens(10).setTimings(timings))
            .build());
    out.onCompleted();
  }

  private void recordThisProcessAs(String address) throws Exception {
    ProcessHandle me = ProcessHandle.current();
    Files.createDirectories(home.resolve("run"));
    Files.writeString(
        home.resolve("run/mesh.json"),
        """
        {"mode": "mesh", "checkpoint": "nano", "host": "127.0.0.1", "services": [
          {"name": "orchestrator", "pid": %d, "started": %d, "port": %s, "log": "o.log",
           "readyMillis": 2500}]}
        """
            .formatted(
                me.pid(),
                me.info().startInstant().map(Instant::toEpochMilli).orElseThrow(),
                address.substring(address.indexOf(':') + 1)));
  }
}
