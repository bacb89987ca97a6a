// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Ports for services to listen on. */
final class Ports {
  private Ports() {}

  /** {@code count} ports from {@code base} on. */
  static List<Integer> following(int base, int count) {
    return IntStream.range(base, base + count).boxed().toList();
  }

  /** Any {@code count} ports that nobody listens on. */
  static List<Integer> free(int count) throws IOException {
    List<ServerSocket> held = new ArrayList<>();
    try {
      // All are held until the last is found: a port given back at once could be found twice.
      for (int i = 0; i < count; i++) {
        held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      return held.stream().map(ServerSocket::getLocalPort).toList();
    } finally {
      for (ServerSocket socket : held) {
        socket.close();
      }
    }
  }

  /**
   * The first port that nobody listens on.
   *
   * @param end the port behind the last that may be
   * @param but these, which are meant for others
   * @throws MeshException if there is none
   */
  static int between(String host, int first, int end, List<Integer> but) throws MeshException {
    return IntStream.range(first, end)
        .filter(port -> !but.contains(port) && isFree(host, port))
        .findFirst()
        .orElseThrow(
            () -> new MeshException("No port from %d to %d is free.".formatted(first, end - 1)));
  }

  static boolean isFree(String host, int port) {
    try (ServerSocket probe = new ServerSocket()) {
      // A port in TIME_WAIT counts as free, as it does for the services.
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(host, port));
      return true;
    } catch (IOException taken) {
      return false;
    }
  }
}
