// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsServerAddressStreamProvider;
import io.netty.resolver.dns.DnsServerAddressStreamProviders;
import io.netty.resolver.dns.NoopDnsCache;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** All A and AAAA records of a name, asked for anew at each look. */
final class DnsAddresses implements AddressLookup {
  private static final int PATIENCE_MILLIS = 2_000;

  private final String host;
  private final int port;
  private final NioEventLoopGroup loop;
  private final DnsNameResolver resolver;

  /** With the name servers of this machine. */
  DnsAddresses(String host, int port) {
    this(host, port, DnsServerAddressStreamProviders.platformDefault());
  }

  DnsAddresses(String host, int port, DnsServerAddressStreamProvider servers) {
    this.host = host;
    this.port = port;
    this.loop = new NioEventLoopGroup(1, Thread.ofPlatform().name("dns").daemon(true).factory());
    this.resolver =
        new DnsNameResolverBuilder(loop.next())
            .datagramChannelType(NioDatagramChannel.class)
            // Many addresses do not fit a datagram.
            .socketChannelType(NioSocketChannel.class)
            .nameServerProvider(servers)
            .resolveCache(NoopDnsCache.INSTANCE)
            .completeOncePreferredResolved(false)
            .queryTimeoutMillis(PATIENCE_MILLIS)
            .build();
  }

  @Override
  public Set<ReplicaAddress> look() throws IOException, InterruptedException {
    try {
      return resolver.resolveAll(host).get().stream()
          .map(this::replica)
          .collect(Collectors.toSet());
    } catch (ExecutionException failed) {
      throw new IOException("DNS does not know " + host, failed.getCause());
    }
  }

  private ReplicaAddress replica(InetAddress address) {
    String text = address.getHostAddress();
    return new ReplicaAddress(
        (address instanceof Inet6Address ? "[" + text + "]:" : text + ":") + port, true);
  }

  @Override
  public void close() {
    resolver.close();
    var _ = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
