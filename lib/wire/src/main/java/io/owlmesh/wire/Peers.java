// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.grpc.Context;
import io.grpc.Grpc;
import io.grpc.ServerCall;
import java.net.InetSocketAddress;

/** Who is at the other end of the current call, as far as shares go. */
public final class Peers {
  private static final Context.Key<String> PEER = Context.key("owl-peer");

  private Peers() {}

  /**
   * A caller's name: its address, or, on this machine, its connection. Behind a proxy, all callers
   * of one connection are one.
   */
  public static String name(InetSocketAddress from) {
    boolean local = from.getAddress() != null && from.getAddress().isLoopbackAddress();
    return local ? "local:" + from.getPort() : from.getHostString();
  }

  /** The current context, with a caller. */
  public static Context with(String name) {
    return Context.current().withValue(PEER, name);
  }

  static Context of(ServerCall<?, ?> call) {
    return call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)
            instanceof InetSocketAddress from
        ? with(name(from))
        : Context.current();
  }

  /** The name of the current caller; empty if there is none. */
  public static String current() {
    String name = PEER.get();
    return name == null ? "" : name;
  }
}
