// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.Durations;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.abstractor.v1.ResampleRequest;
import io.owlmesh.wire.Faults;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Faults as a client sees them at the end of a call. */
@Timeout(60)
class FaultsTest {
  /** How a call ends whose service fails so. */
  private static Throwable end(Throwable failure) {
    try (TestStage stage =
        TestStage.serving(responses -> {
          responses.onError(Faults.toStatus(failure));
          return new Deaf();
        })) {
      return Objects.requireNonNull(TestConversation.with(stage.stub()).failure());
    }
  }

  /** Hears nothing. */
  private static final class Deaf implements StreamObserver<ResampleRequest> {
    @Override
    public void onNext(ResampleRequest request) {}

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }

  private static <T extends Message> List<T> details(Throwable end, Class<T> type) {
    return Objects.requireNonNull(StatusProto.fromThrowable(end)).getDetailsList().stream()
        .filter(detail -> detail.is(type))
        .map(detail -> unpack(detail, type))
        .toList();
  }

  private static <T extends Message> T unpack(Any detail, Class<T> type) {
    try {
      return detail.unpack(type);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyErrorCrossesTheWireAndComesBack(ErrorCode code) {
    Throwable end = end(new OwlException(code, "image.bytes", "21 MiB, the limit is 20"));
    assertThat(Status.fromThrowable(end).getCode()).isEqualTo(Faults.code(code.fault()));
    assertThat(details(end, ErrorInfo.class))
        .singleElement()
        .returns(code.name(), ErrorInfo::getReason)
        .returns("owlmesh.io", ErrorInfo::getDomain);
    assertThat(Faults.fromStatus(end))
        .hasMessage("image.bytes: 21 MiB, the limit is 20")
        .returns(code, OwlException::code)
        .returns("image.bytes", OwlException::field);
  }

  @ParameterizedTest
  @EnumSource(names = {"IMAGE_UNREADABLE", "NOT_FOUND", "OTHER_WEIGHTS"})
  void errorsOfItemsComeBack(ErrorCode code) {
    OwlException sent = new OwlException(code, "features", "does not fit");
    assertThat(Faults.fromItemError(Faults.toItemError(sent)))
        .hasMessage(sent.getMessage())
        .returns(code, OwlException::code)
        .returns("features", OwlException::field);
  }

  @Test
  void everyFaultHasACodeOfWhichNoMoreIsKnown() {
    for (Fault fault : Fault.values()) {
      assertThat(ErrorCode.of(fault).fault()).isEqualTo(fault);
    }
  }

  @Test
  void badInputNamesItsField() {
    assertThat(details(end(OwlException.badInput("top_p", "2.0")), BadRequest.class))
        .singleElement()
        .satisfies(bad -> assertThat(bad.getFieldViolations(0).getField()).isEqualTo("top_p"));
  }

  @Test
  void saturationSaysWhenToTryAgain() {
    assertThat(details(end(new OwlException(Fault.SATURATED, "", "full")), RetryInfo.class))
        .singleElement()
        .satisfies(retry -> assertThat(retry.getRetryDelay()).isEqualTo(Durations.fromMillis(500)));
  }

  @Test
  void whatIsNotOursToExplainKeepsItsMessageToItself() {
    for (Throwable secret :
        List.of(
            new IllegalStateException("secret"),
            new CompletionException("secret", new IllegalStateException("secret")),
            new OutOfMemoryError("secret"),
            new OwlException(
                Fault.INTERNAL, "", "engine failed", new IllegalStateException("secret")))) {
      Throwable end = end(secret);
      assertThat(Status.fromThrowable(end).getCode()).isEqualTo(Status.Code.INTERNAL);
      assertThat(end).hasMessageNotContaining("secret");
      assertThat(Objects.requireNonNull(StatusProto.fromThrowable(end)).toString())
          .doesNotContain("secret");
    }
  }

  @Test
  void wrappedFaultsAreUnwrapped() {
    OwlException fault = new OwlException(Fault.NOT_FOUND, "adapter", "'x' is not loaded");
    assertThat(Faults.fromStatus(end(new CompletionException(fault))))
        .returns(Fault.NOT_FOUND, OwlException::fault);
    assertThat(Faults.fromStatus(new CompletionException(fault))).isSameAs(fault);
    assertThat(Faults.fromStatus(end(new CancellationException("secret"))))
        .returns(Fault.CANCELLED, OwlException::fault)
        .hasMessageNotContaining("secret");
  }

  @Test
  void aMessageThatQuotesALongRequestStillArrives() {
    for (String quoted :
        List.of(
            "x".repeat(1 << 20),
            "語".repeat(100_000),
            "😀".repeat(100_000),
            "x" + "😀".repeat(100_000))) {
      Throwable end = end(new OwlException(Fault.NOT_FOUND, "adapter", quoted));
      assertThat(Faults.fromStatus(end))
          .returns(Fault.NOT_FOUND, OwlException::fault)
          .hasMessageEndingWith("…")
          .hasMessageNotContaining("?");
      assertThat(Faults.fromStatus(end(OwlException.badInput("adapter", quoted))))
          .returns(Fault.BAD_INPUT, OwlException::fault);
    }
  }

  @Test
  void aServerThatIsNotThereIsUnavailable() {
    TestStage gone = TestStage.serving(_ -> new Deaf());
    var stub = gone.stub();
    gone.close();
    assertThat(TestConversation.with(stub).fault().fault())
        .isIn(Fault.UNAVAILABLE, Fault.CANCELLED);
  }

  @Test
  void foreignStatusesFindTheNearestFault() {
    assertThat(Faults.fromStatus(Status.UNAUTHENTICATED.asException()).fault())
        .isEqualTo(Fault.UNAUTHENTICATED);
    assertThat(Faults.fromStatus(Status.DATA_LOSS.asException()).fault()).isEqualTo(Fault.INTERNAL);
    assertThat(Faults.fromStatus(Status.UNIMPLEMENTED.asException()).fault())
        .isEqualTo(Fault.UNAVAILABLE);
    assertThat(Faults.fromStatus(new IllegalStateException("secret")))
        .hasMessageNotContaining("secret")
        .returns(Fault.INTERNAL, OwlException::fault);
  }
}
