// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.netty.handler.codec.http2.Http2Exception;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.tensor.v1.ItemError;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** The one place where faults become gRPC statuses, with google.rpc details, and back. */
public final class Faults {
  private static final String DOMAIN = "owlmesh.io";
  // A message may quote the request. It travels three times, also escaped, and clients accept 8
  // KiB.
  private static final int MAX_MESSAGE = 400;
  private static final java.time.Duration RETRY = java.time.Duration.ofMillis(500);

  private Faults() {}

  /** The status code of a fault. */
  public static Status.Code code(Fault fault) {
    return switch (fault) {
      case BAD_INPUT -> Status.Code.INVALID_ARGUMENT;
      case UNAUTHENTICATED -> Status.Code.UNAUTHENTICATED;
      case FORBIDDEN -> Status.Code.PERMISSION_DENIED;
      case NOT_FOUND -> Status.Code.NOT_FOUND;
      case CONFLICT, OTHER_WEIGHTS, BAD_CHECKPOINT -> Status.Code.FAILED_PRECONDITION;
      case SATURATED -> Status.Code.RESOURCE_EXHAUSTED;
      case TOO_LATE -> Status.Code.DEADLINE_EXCEEDED;
      case CANCELLED -> Status.Code.CANCELLED;
      case UNAVAILABLE -> Status.Code.UNAVAILABLE;
      case INTERNAL -> Status.Code.INTERNAL;
    };
  }

  /**
   * Whatever went wrong, as a call ends with it. Failures that are not ours to explain become
   * INTERNAL without their message.
   */
  public static StatusRuntimeException toStatus(Throwable failure) {
    return switch (unwrap(failure)) {
      case OwlException e -> toStatus(e);
      case StatusRuntimeException e -> e;
      case StatusException e -> new StatusRuntimeException(e.getStatus(), e.getTrailers());
      case CancellationException _ -> Status.CANCELLED.asRuntimeException();
      default ->
          toStatus(
              new OwlException(Fault.INTERNAL, "", "internal error; the log of the service tells"));
    };
  }

  private static StatusRuntimeException toStatus(OwlException e) {
    String message = message(e);
    com.google.rpc.Status.Builder status =
        com.google.rpc.Status.newBuilder()
            .setCode(code(e.fault()).value())
            .setMessage(message)
            .addDetails(
                Any.pack(
                    ErrorInfo.newBuilder()
                        .setReason(e.code().name())
                        .setDomain(DOMAIN)
                        .putMetadata("field", e.field())
                        .build()));
    if (e.fault() == Fault.BAD_INPUT) {
      status.addDetails(
          Any.pack(
              BadRequest.newBuilder()
                  .addFieldViolations(
                      BadRequest.FieldViolation.newBuilder()
                          .setField(e.field())
                          .setDescription(message))
                  .build()));
    }
    if (e.fault() == Fault.SATURATED || e.fault() == Fault.UNAVAILABLE) {
      java.time.Duration retry = e.retryAfter().orElse(RETRY);
      status.addDetails(
          Any.pack(
              RetryInfo.newBuilder()
                  .setRetryDelay(
                      Duration.newBuilder()
                          .setSeconds(retry.getSeconds())
                          .setNanos(retry.getNano()))
                  .build()));
    }
    return StatusProto.toStatusRuntimeException(status.build());
  }

  /** A fault of one item of a stream. */
  public static ItemError toItemError(OwlException e) {
    return ItemError.newBuilder()
        .setCode(code(e.fault()).value())
        .setField(e.field())
        .setMessage(message(e))
        .setReason(e.code().name())
        .build();
  }

  /** What callers may read, cut to a length that the headers of a response can hold. */
  private static String message(OwlException e) {
    String message = e.getMessage() == null ? e.fault().name() : e.getMessage();
    if (message.length() <= MAX_MESSAGE) {
      return message;
    }
    boolean split = Character.isHighSurrogate(message.charAt(MAX_MESSAGE - 1));
    return message.substring(0, split ? MAX_MESSAGE - 1 : MAX_MESSAGE) + "…";
  }

  /** The fault that another stage reported for an item. */
  public static OwlException fromItemError(ItemError error) {
    ErrorCode code = code(error.getReason(), Status.fromCodeValue(error.getCode()));
    return restore(code, error.getField(), error.getMessage(), null);
  }

  /** The fault behind the end of a call to another stage. */
  public static OwlException fromStatus(Throwable failure) {
    Throwable cause = unwrap(failure);
    if (cause instanceof OwlException e) {
      return e;
    }
    Status status = Status.fromThrowable(cause);
    com.google.rpc.Status details = StatusProto.fromThrowable(cause);
    ErrorCode code = ErrorCode.of(isLost(status) ? Fault.UNAVAILABLE : fault(status));
    String field = "";
    Optional<java.time.Duration> retry = Optional.empty();
    if (details != null) {
      for (Any detail : details.getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          ErrorInfo info = unpack(detail, ErrorInfo.getDefaultInstance());
          field = info.getMetadataOrDefault("field", "");
          code = code(info.getReason(), status);
        } else if (detail.is(RetryInfo.class)) {
          Duration delay = unpack(detail, RetryInfo.getDefaultInstance()).getRetryDelay();
          retry = Optional.of(java.time.Duration.ofSeconds(delay.getSeconds(), delay.getNanos()));
        }
      }
    }
    String message = status.getDescription() == null ? code.name() : status.getDescription();
    OwlException restored = restore(code, field, message, cause);
    return retry.map(restored::retryAfter).orElse(restored);
  }

  /**
   * Whether the connection ended, which gRPC calls UNKNOWN or INTERNAL if it breaks while a call is
   * being sent. What a server answered has no cause here.
   */
  private static boolean isLost(Status status) {
    return status.getCause() instanceof IOException || status.getCause() instanceof Http2Exception;
  }

  private static OwlException restore(
      ErrorCode code, String field, String message, @Nullable Throwable cause) {
    return new OwlException(code, field, withoutField(field, message), cause);
  }

  /** A message that holds its field already would name it twice. */
  private static String withoutField(String field, String message) {
    String prefix = field + ": ";
    boolean prefixed = !field.isEmpty() && message.startsWith(prefix);
    return prefixed ? message.substring(prefix.length()) : message;
  }

  private static <M extends Message> M unpack(Any detail, M otherwise) {
    try {
      return detail.unpackSameTypeAs(otherwise);
    } catch (InvalidProtocolBufferException e) {
      return otherwise; // Details are a courtesy; the status counts.
    }
  }

  private static ErrorCode code(String reason, Status status) {
    return ErrorCode.named(reason).orElseGet(() -> ErrorCode.of(fault(status)));
  }

  private static Fault fault(Status status) {
    return switch (status.getCode()) {
      case INVALID_ARGUMENT, OUT_OF_RANGE -> Fault.BAD_INPUT;
      case NOT_FOUND -> Fault.NOT_FOUND;
      case FAILED_PRECONDITION -> Fault.OTHER_WEIGHTS;
      case RESOURCE_EXHAUSTED -> Fault.SATURATED;
      case DEADLINE_EXCEEDED -> Fault.TOO_LATE;
      case CANCELLED -> Fault.CANCELLED;
      case UNAVAILABLE, UNIMPLEMENTED -> Fault.UNAVAILABLE;
      case UNAUTHENTICATED -> Fault.UNAUTHENTICATED;
      case PERMISSION_DENIED -> Fault.FORBIDDEN;
      case OK, UNKNOWN, ALREADY_EXISTS, ABORTED, INTERNAL, DATA_LOSS -> Fault.INTERNAL;
    };
  }

  private static Throwable unwrap(Throwable failure) {
    boolean wrapper =
        failure instanceof CompletionException || failure instanceof ExecutionException;
    Throwable cause = failure.getCause();
    return wrapper && cause != null ? unwrap(cause) : failure;
  }
}
