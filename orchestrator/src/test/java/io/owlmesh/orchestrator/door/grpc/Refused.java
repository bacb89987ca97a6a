// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.Objects;
import java.util.function.Supplier;

/** How a call was refused, by the google.rpc details that every client can read. */
record Refused(Status.Code code, String field) {
  static Refused of(Supplier<?> call) {
    try {
      throw new AssertionError("not refused, but answered " + call.get());
    } catch (StatusRuntimeException e) {
      return of(e);
    }
  }

  static Refused of(StatusRuntimeException refusal) {
    com.google.rpc.Status status =
        Objects.requireNonNull(StatusProto.fromThrowable(refusal), refusal.getMessage());
    String field = "";
    try {
      for (Any detail : status.getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          field = detail.unpack(ErrorInfo.class).getMetadataOrDefault("field", "");
        }
      }
      for (Any detail : status.getDetailsList()) {
        if (detail.is(BadRequest.class)) {
          var violation = detail.unpack(BadRequest.class).getFieldViolations(0);
          assertThat(violation.getField()).isEqualTo(field);
          assertThat(violation.getDescription()).isNotEmpty();
        }
      }
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
    return new Refused(refusal.getStatus().getCode(), field);
  }
}
