// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.Durations;
import com.google.rpc.BadRequest;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request that the mesh did not answer to its end. The message is for people. */
public final class AnswerFailed extends Exception {
  private final Status.Code code;
  private final boolean unreachable;
  private final Duration retryAfter;

  private AnswerFailed(Status status, String message, Duration retryAfter, Throwable cause) {
    super(message, cause);
    this.retryAfter = retryAfter;
    this.code = status.getCode();
    this.unreachable = isUnreachable(status);
  }

  static AnswerFailed of(Throwable error, Address address) {
    Status status = Status.fromThrowable(error);
    List<String> lines = new ArrayList<>();
    lines.add(sentence(status, address));
    com.google.rpc.Status details = StatusProto.fromThrowable(error);
    if (details != null) {
      details.getDetailsList().forEach(detail -> lines.addAll(explain(detail)));
    }
    return new AnswerFailed(
        status, String.join(System.lineSeparator(), lines), wished(details), error);
  }

  private static Duration wished(com.google.rpc.@Nullable Status details) {
    if (details != null) {
      for (Any detail : details.getDetailsList()) {
        try {
          if (detail.is(RetryInfo.class)) {
            return Duration.ofMillis(
                Durations.toMillis(detail.unpack(RetryInfo.class).getRetryDelay()));
          }
        } catch (InvalidProtocolBufferException damaged) {
          // As if it were not there.
        }
      }
    }
    return Duration.ZERO;
  }

  /** After which the mesh wishes to be asked again; zero if it says nothing. */
  public Duration retryAfter() {
    return retryAfter;
  }

  public Status.Code code() {
    return code;
  }

  private static String sentence(Status status, Address address) {
    String said = status.getDescription() == null ? "no reason given" : status.getDescription();
    if (isUnreachable(status)) {
      return "No mesh answers at %s (%s).".formatted(address, rootMessage(status.getCause()));
    }
    if (status.getCause() instanceof UncheckedIOException unreadable) {
      return "What was to be sent cannot be read: " + rootMessage(unreadable);
    }
    return "%s: %s".formatted(status.getCode(), said);
  }

  /** Whether nothing answers at the address at all. */
  public boolean isUnreachable() {
    return unreachable;
  }

  /** What a mesh says of itself comes without a cause. */
  private static boolean isUnreachable(Status status) {
    return status.getCode() == Status.Code.UNAVAILABLE && status.getCause() != null;
  }

  private static String rootMessage(@Nullable Throwable error) {
    Throwable root = error == null ? new IllegalStateException() : error;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
  }

  private static List<String> explain(Any detail) {
    try {
      if (detail.is(BadRequest.class)) {
        return detail.unpack(BadRequest.class).getFieldViolationsList().stream()
            .map(violation -> "  " + violation.getField() + ": " + violation.getDescription())
            .toList();
      }
      if (detail.is(RetryInfo.class)) {
        double seconds =
            Durations.toSecondsAsDouble(detail.unpack(RetryInfo.class).getRetryDelay());
        return List.of("  Try again in %.1f s.".formatted(seconds));
      }
    } catch (InvalidProtocolBufferException damaged) {
      // The sentence of the status still stands; a damaged detail adds nothing to it.
    }
    return List.of();
  }
}
