// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.Durations;
import com.google.rpc.BadRequest;
import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import java.util.ArrayList;
import java.util.List;

/** A request that the mesh did not answer to its end. The message is for people. */
public final class AnswerFailed extends Exception {
  private final Status.Code code;

  private AnswerFailed(Status.Code code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  static AnswerFailed of(Throwable error, Address address) {
    Status status = Status.fromThrowable(error);
    List<String> lines = new ArrayList<>();
    lines.add(sentence(status, address));
    com.google.rpc.Status details = StatusProto.fromThrowable(error);
    if (details != null) {
      details.getDetailsList().forEach(detail -> lines.addAll(explain(detail)));
    }
    return new AnswerFailed(status.getCode(), String.join(System.lineSeparator(), lines), error);
  }

  public Status.Code code() {
    return code;
  }

  private static String sentence(Status status, Address address) {
    String said = status.getDescription() == null ? "no reason given" : status.getDescription();
    if (status.getCode() == Status.Code.UNAVAILABLE && status.getCause() != null) {
      return "No mesh answers at %s (%s). Start one with ./owl up."
          .formatted(address, rootMessage(status.getCause()));
    }
    return "%s: %s".formatted(status.getCode(), said);
  }

  private static String rootMessage(Throwable error) {
    Throwable root = error;
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
