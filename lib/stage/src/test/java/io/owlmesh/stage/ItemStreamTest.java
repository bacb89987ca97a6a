// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.abstractor.v1.ResampleRequest;
import io.owlmesh.proto.abstractor.v1.ResampleResponse;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.wire.Faults;
import io.owlmesh.wire.Wire;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ItemStreamTest {
  private static final int WINDOW = 4;

  private final Items items = new Items();

  @Test
  void answersComeInOrderOfCompletion() throws Exception {
    try (TestStage stage = TestStage.working(WINDOW, items)) {
      TestConversation talk =
          TestConversation.with(stage.stub()).send("a").send("b").send("c").complete();
      items.awaitBegun(3);
      for (String id : new String[] {"c", "a", "b"}) {
        items.answer(id);
        assertThat(talk.next().getId()).isEqualTo(id);
      }
      talk.awaitEnd();
      assertThat(items.awaitEnd()).isEqualTo(new Items.End(3, Status.OK));
    }
  }

  @Test
  void aFaultOfAnItemDoesNotEndTheStream() throws Exception {
    try (TestStage stage = TestStage.working(WINDOW, items)) {
      TestConversation talk = TestConversation.with(stage.stub()).send("wrong").send("right");
      items.awaitBegun(2);
      items.fail("wrong", OwlException.badInput("features", "are not finite"));
      ResampleResponse wrong = talk.next();
      assertThat(wrong.getId()).isEqualTo("wrong");
      assertThat(Faults.fromItemError(wrong.getError()))
          .hasMessage("features: are not finite")
          .returns(Fault.BAD_INPUT, OwlException::fault);
      items.answer("right");
      assertThat(talk.next().getId()).isEqualTo("right");
      talk.complete().awaitEnd();
    }
  }

  @Test
  void aRepeatedIdIsRefusedAndTheFirstItemStillAnswered() throws Exception {
    try (TestStage stage = TestStage.working(WINDOW, items)) {
      TestConversation talk = TestConversation.with(stage.stub()).send("a").send("a").complete();
      assertThat(talk.next().getError().getMessage())
          .isEqualTo("id: 'a' was used before on this stream");
      items.awaitBegun(1);
      items.answer("a");
      assertThat(talk.next().hasError()).isFalse();
      talk.awaitEnd();
      assertThat(items.awaitEnd().answered()).isEqualTo(2);
    }
  }

  @Test
  void anIdOfMoreThan128CharactersIsRefused() throws Exception {
    try (TestStage stage = TestStage.working(WINDOW, items)) {
      TestConversation talk =
          TestConversation.with(stage.stub()).send("x".repeat(129)).send("x".repeat(128));
      ResampleResponse refused = talk.next();
      assertThat(refused.getError().getField()).isEqualTo("id");
      assertThat(refused.getError().getMessage()).contains("129").contains("128");
      items.awaitBegun(1);
      items.answer("x".repeat(128));
      assertThat(talk.next().hasError()).isFalse();
      talk.complete().awaitEnd();
    }
  }

  @Test
  void saturationEndsTheStreamAndGivesUpWhatRuns() throws Exception {
    Items full =
        new Items() {
          @Override
          public CompletableFuture<ResampleResponse> begin(ResampleRequest request) {
            if (request.getId().equals("late")) {
              throw new OwlException(Fault.SATURATED, "", "64 images wait");
            }
            return super.begin(request);
          }
        };
    try (TestStage stage = TestStage.working(WINDOW, full)) {
      TestConversation talk = TestConversation.with(stage.stub()).send("early").send("late");
      assertThat(talk.fault().fault()).isEqualTo(Fault.SATURATED);
      assertThat(full.awaitEnd().status().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(full.item("early")).isCancelled();
    }
  }

  @Test
  void aDefectEndsTheStreamWithoutItsMessage() throws Exception {
    try (TestStage stage = TestStage.working(WINDOW, items)) {
      TestConversation talk = TestConversation.with(stage.stub()).send("a");
      items.awaitBegun(1);
      items.fail("a", new IllegalStateException("secret path"));
      assertThat(talk.fault())
          .hasMessageNotContaining("secret")
          .returns(Fault.INTERNAL, OwlException::fault);
    }
  }

  @Test
  void cancellingTheCallGivesUpWhatRuns() throws Exception {
    try (TestStage stage = TestStage.working(WINDOW, items)) {
      TestConversation talk = TestConversation.with(stage.stub()).send("a").send("b");
      items.awaitBegun(2);
      talk.cancel();
      assertThat(items.awaitEnd()).isEqualTo(new Items.End(0, Status.CANCELLED));
      assertThat(items.item("a").handle((_, _) -> true).get(10, TimeUnit.SECONDS)).isTrue();
      assertThat(items.item("b").handle((_, _) -> true).get(10, TimeUnit.SECONDS)).isTrue();
      assertThat(items.item("a")).isCancelled();
      assertThat(items.item("b")).isCancelled();
    }
  }

  @Test
  void aPassedDeadlineGivesUpWhatRuns() throws Exception {
    try (TestStage stage = TestStage.working(WINDOW, items)) {
      TestConversation talk =
          TestConversation.with(stage.stub().withDeadlineAfter(500, TimeUnit.MILLISECONDS))
              .send("a");
      items.awaitBegun(1);
      assertThat(talk.fault().fault()).isEqualTo(Fault.TOO_LATE);
      assertThat(items.awaitEnd().status().getCode()).isEqualTo(Status.Code.CANCELLED);
      assertThat(items.item("a").handle((_, _) -> true).get(10, TimeUnit.SECONDS)).isTrue();
      assertThat(items.item("a")).isCancelled();
    }
  }

  @Test
  void halfClosingWaitsForWhatRuns() throws Exception {
    try (TestStage stage = TestStage.working(WINDOW, items)) {
      TestConversation talk = TestConversation.with(stage.stub()).send("a").complete();
      items.awaitBegun(1);
      Thread.sleep(100);
      assertThat(talk.ended()).isFalse();
      items.answer("a");
      assertThat(talk.next().getId()).isEqualTo("a");
      talk.awaitEnd();
    }
  }

  @Test
  void anEmptyStreamEndsWell() {
    try (TestStage stage = TestStage.working(WINDOW, items)) {
      TestConversation.with(stage.stub()).complete().awaitEnd();
      assertThat(items.awaitEnd()).isEqualTo(new Items.End(0, Status.OK));
    }
  }

  @Test
  void atMostAWindowOfItemsIsInWork() throws Exception {
    try (TestStage stage = TestStage.working(WINDOW, items)) {
      TestConversation talk = TestConversation.with(stage.stub());
      for (int i = 0; i < 3 * WINDOW; i++) {
        talk.send("item" + i);
      }
      items.awaitBegun(WINDOW);
      Thread.sleep(200);
      assertThat(items.begun).hasValue(WINDOW);
      items.answer("item0");
      items.awaitBegun(WINDOW + 1);
      for (int i = 1; i < 3 * WINDOW; i++) {
        items.answer("item" + i);
      }
      talk.complete().awaitEnd();
      assertThat(talk.unread()).isEqualTo(3 * WINDOW);
    }
  }

  @Test
  void aReaderThatStopsHoldsBackTheItems() throws Exception {
    // Larger than the flow-control window, so that one answer fills the way to the reader.
    ByteString large = ByteString.copyFrom(new byte[Wire.FLOW_CONTROL_WINDOW + (1 << 20)]);
    Items generous =
        new Items() {
          @Override
          public CompletableFuture<ResampleResponse> begin(ResampleRequest request) {
            begun.incrementAndGet();
            return CompletableFuture.completedFuture(
                ResampleResponse.newBuilder()
                    .setId(request.getId())
                    .setVisualTokens(Tensor.newBuilder().setData(large))
                    .build());
          }
        };
    try (TestStage stage = TestStage.working(WINDOW, generous)) {
      TestConversation talk = TestConversation.slowly(stage.stub());
      for (int i = 0; i < 5 * WINDOW; i++) {
        talk.send("item" + i);
      }
      talk.complete();
      generous.awaitBegun(WINDOW);
      Thread.sleep(300);
      assertThat(generous.begun).hasValue(WINDOW);
      talk.request(5 * WINDOW);
      talk.request(1); // For the end.
      talk.awaitEnd();
      assertThat(generous.awaitEnd()).isEqualTo(new Items.End(5 * WINDOW, Status.OK));
    }
  }
}
