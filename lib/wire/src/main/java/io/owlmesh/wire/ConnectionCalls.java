// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.grpc.Grpc;
import io.grpc.ServerCall;
import java.net.SocketAddress;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts the calls of each connection. HTTP/2's own limit binds only clients that acknowledge it.
 */
final class ConnectionCalls {
  /** Calls of one connection at a time; a client of gRPC keeps more of them waiting. */
  static final int MAX = 256;

  private final ConcurrentHashMap<SocketAddress, Integer> calls = new ConcurrentHashMap<>();

  /** Whether a call begins within the limit; {@link #leave} is owed then. */
  boolean enter(ServerCall<?, ?> call) {
    SocketAddress from = from(call);
    if (from == null) {
      return true;
    }
    // A client whose calls ended may begin others before we have counted that.
    if (calls.merge(from, 1, Integer::sum) <= 2 * MAX) {
      return true;
    }
    leave(call);
    return false;
  }

  void leave(ServerCall<?, ?> call) {
    SocketAddress from = from(call);
    if (from != null) {
      calls.computeIfPresent(from, (_, count) -> count > 1 ? count - 1 : null);
    }
  }

  private static @Nullable SocketAddress from(ServerCall<?, ?> call) {
    return call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
  }
}
