// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import io.owlmesh.launcher.MeshPorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.stream.IntStream;

/**
 * Ports of one mesh and of what a test adds to it: below those that this machine gives to
 * connections. Other processes that run tests begin elsewhere among them.
 */
final class PortBlock {
  private static final int FIRST = 12_000;
  private static final int SIZE = 250;
  private static final int BLOCKS = 80;
  private static final int SERVICES = 20;
  private static final int MORE = 200;

  private static int next = (int) (ProcessHandle.current().pid() % BLOCKS);

  private final int base;
  private int added;

  private PortBlock(int base) {
    this.base = base;
  }

  /** The next one of which no port is listened on. */
  static synchronized PortBlock free() throws IOException {
    for (int tries = 0; tries < BLOCKS; tries++) {
      next = (next + 1) % BLOCKS;
      int base = FIRST + next * SIZE;
      if (isFree(base + MeshPorts.SPAN)
          && IntStream.range(0, SERVICES)
              .allMatch(i -> isFree(base + i) && isFree(base + MeshPorts.MANAGEMENT + i))) {
        return new PortBlock(base);
      }
    }
    throw new IOException("no %d ports are free in a row".formatted(SIZE));
  }

  private static boolean isFree(int port) {
    try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return true;
    } catch (IOException taken) {
      return false;
    }
  }

  /** Where the mesh's door listens; its other ports follow. */
  int base() {
    return base;
  }

  /** One more port. */
  synchronized int more() {
    return base + MORE + added++;
  }
}
