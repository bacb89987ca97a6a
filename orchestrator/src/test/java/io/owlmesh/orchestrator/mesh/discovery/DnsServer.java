// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsQueryDecoder;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseEncoder;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

/** A name server that knows one name, and bids to keep its answers for an hour. */
final class DnsServer implements AutoCloseable {
  static final String NAME = "llm.test.";

  private static final int TTL_SECONDS = 3_600;

  private final NioEventLoopGroup loop = new NioEventLoopGroup(1);
  private final Channel channel;
  private volatile List<InetAddress> records = List.of();
  private volatile DnsResponseCode code = DnsResponseCode.NOERROR;

  DnsServer() throws InterruptedException {
    channel =
        new Bootstrap()
            .group(loop)
            .channel(NioDatagramChannel.class)
            .handler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(
                            new DatagramDnsQueryDecoder(),
                            new DatagramDnsResponseEncoder(),
                            new Answers());
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .sync()
            .channel();
  }

  InetSocketAddress address() {
    return (InetSocketAddress) channel.localAddress();
  }

  void answer(DnsResponseCode code, List<InetAddress> records) {
    this.code = code;
    this.records = records;
  }

  private final class Answers extends SimpleChannelInboundHandler<DatagramDnsQuery> {
    @Override
    protected void channelRead0(ChannelHandlerContext context, DatagramDnsQuery query) {
      DnsQuestion question = query.recordAt(DnsSection.QUESTION);
      InetSocketAddress here = query.recipient();
      InetSocketAddress caller = query.sender();
      DatagramDnsResponse response = new DatagramDnsResponse(here, caller, query.id());
      response.setCode(question.name().equals(NAME) ? code : DnsResponseCode.NXDOMAIN);
      response.addRecord(
          DnsSection.QUESTION, new DefaultDnsQuestion(question.name(), question.type()));
      int length = question.type().equals(DnsRecordType.AAAA) ? 16 : 4;
      records.stream()
          .map(InetAddress::getAddress)
          .filter(bytes -> bytes.length == length)
          .forEach(bytes ->
              response.addRecord(
                  DnsSection.ANSWER,
                  new DefaultDnsRawRecord(
                      NAME, question.type(), TTL_SECONDS, Unpooled.wrappedBuffer(bytes))));
      context.writeAndFlush(response);
    }
  }

  @Override
  public void close() {
    channel.close();
    loop.shutdownGracefully();
  }
}
