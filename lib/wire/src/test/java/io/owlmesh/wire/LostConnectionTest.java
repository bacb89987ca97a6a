// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.owlmesh.core.Fault;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;

class LostConnectionTest {
  private static Fault fault(Status status) {
    return Faults.fromStatus(status.asRuntimeException()).fault();
  }

  @Test
  void aConnectionThatBreaksWhileACallIsSentIsAnOutage() {
    assertThat(fault(Status.UNKNOWN.withCause(new ClosedChannelException())))
        .isEqualTo(Fault.UNAVAILABLE);
    assertThat(
            fault(
                Status.INTERNAL.withCause(
                    Http2Exception.connectionError(Http2Error.PROTOCOL_ERROR, "broken"))))
        .isEqualTo(Fault.UNAVAILABLE);
  }

  @Test
  void whatAServerAnswersIsTakenAsItIs() {
    assertThat(fault(Status.UNKNOWN)).isEqualTo(Fault.INTERNAL);
    assertThat(fault(Status.INTERNAL.withDescription("io exception"))).isEqualTo(Fault.INTERNAL);
  }
}
