// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.nio.NioEventLoopGroup;
import io.owlmesh.wire.Wire;
import io.owlmesh.wire.tls.MeshTls;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A channel with a thread of its own. A shared event loop would outlive the channel by a second,
 * and a JVM that exits waits 300 ms for a thread that sleeps in the operating system: more than
 * half of what a short command takes.
 */
public final class Connection implements AutoCloseable {
  /** Variable with the API key or token of this process. */
  public static final String KEY = "OWL_API_KEY";

  /** Variable with the folder of its certificates: {@code ca.crt}, and its own if it has one. */
  public static final String TLS = "OWL_TLS";

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final long CLOSE_SECONDS = 2;

  private final NioEventLoopGroup loop = new NioEventLoopGroup(1);
  private final MeshTls tls;
  private final ManagedChannel channel;
  private final Channel authorized;

  /** With the credential and the certificates of this process, if it has any. */
  public Connection(Address address) {
    this(address, System.getenv());
  }

  /**
   * @param environment where the credential and the certificates are found
   */
  public Connection(Address address, Map<String, String> environment) {
    tls = new MeshTls(address.tls().or(() -> named(environment, TLS).map(Path::of)));
    channel = Wire.channel(address.host(), address.port(), tls.toAddress(), loop);
    authorized =
        named(environment, KEY)
            .map(key -> ClientInterceptors.intercept(channel, authorizing(key)))
            .orElse(channel);
  }

  private static Optional<String> named(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
  }

  private static ClientInterceptor authorizing(String key) {
    Metadata headers = new Metadata();
    headers.put(AUTHORIZATION, "Bearer " + key.strip());
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  public Channel channel() {
    return authorized;
  }

  @Override
  public void close() {
    channel.shutdownNow();
    tls.close();
    try {
      // A cancelled call is told to the server before the process ends.
      channel.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
      loop.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS).await();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
