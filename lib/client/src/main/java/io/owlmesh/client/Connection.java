// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.owlmesh.wire.Wire;
import java.util.concurrent.TimeUnit;

/**
 * A channel with a thread of its own. A shared event loop would outlive the channel by a second,
 * and a JVM that exits waits 300 ms for a thread that sleeps in the operating system: more than
 * half of what a short command takes.
 */
public final class Connection implements AutoCloseable {
  private static final long CLOSE_SECONDS = 2;

  private final NioEventLoopGroup loop = new NioEventLoopGroup(1);
  private final ManagedChannel channel;

  public Connection(Address address) {
    channel = Wire.channel(address.host(), address.port(), loop);
  }

  public Channel channel() {
    return channel;
  }

  @Override
  public void close() {
    channel.shutdownNow();
    try {
      // A cancelled call is told to the server before the process ends.
      channel.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
      loop.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS).await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
