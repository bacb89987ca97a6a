// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire.identity;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;

/** A call of somebody who was let in. */
public interface OngoingCall {
  /** A call of which nothing is counted or noted. */
  OngoingCall PLAIN = (_, _) -> {};

  /** The context that its service works in, made from that of its caller. */
  default Context in(Context context) {
    return context;
  }

  /** It is over; called once. */
  void ended(Status status, Metadata trailers);
}
