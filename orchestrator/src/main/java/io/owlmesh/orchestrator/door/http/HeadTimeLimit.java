// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import io.netty.bootstrap.ChannelInitializerExtension;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Bounds how long a connection may take to say what it wants: the first bytes of HTTP/2 or of gRPC,
 * or the head of each request of HTTP/1. Vert.x bounds only how long nothing comes, so that a byte
 * a second would hold a connection for ever. Found by its name in {@code META-INF/services}.
 */
public final class HeadTimeLimit extends ChannelInitializerExtension {
  /** Seconds from a connection's begin, or a head's first byte, to the end of the head. */
  static final int SECONDS = 20;

  @Override
  public void postInitializeServerChildChannel(Channel channel) {
    channel.pipeline().addFirst(new Bytes());
  }

  /** Sees bytes before anybody reads them. */
  static final class Bytes extends ChannelInboundHandlerAdapter {
    /** Bytes by which HTTP/2 begins, also that of gRPC. */
    private static final int PREFACE = 24;

    // The name that Vert.x gives it, once it knows the protocol.
    private static final String DECODER = "httpDecoder";
    private static final byte[] LATE =
        "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            .getBytes(StandardCharsets.US_ASCII);

    private boolean behindTls;
    private int sniffed;
    private boolean decoded;
    private boolean inRequest;
    private @Nullable Future<?> limit;

    @Override
    public void channelActive(ChannelHandlerContext context) {
      begin(context);
      context.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (!(message instanceof ByteBuf bytes)) {
        context.fireChannelRead(message);
        return;
      }
      ChannelHandlerContext encrypted = context.pipeline().context(SslHandler.class);
      if (encrypted != null && !behindTls) {
        addBehind(encrypted);
        context.fireChannelRead(message);
        context.pipeline().remove(this);
        return;
      }
      // One by one until the protocol is known: a whole request would be decoded unseen.
      while (!decoded && sniffed < PREFACE && bytes.isReadable()) {
        sniffed++;
        context.fireChannelRead(bytes.readRetainedSlice(1));
        follow(context);
      }
      boolean over = decoded ? context.pipeline().get(DECODER) == null : sniffed == PREFACE;
      if (over) {
        end();
      } else if (decoded && !inRequest && bytes.isReadable() && limit == null) {
        begin(context);
      }
      if (bytes.isReadable()) {
        context.fireChannelRead(bytes);
      } else {
        bytes.release();
      }
      if (over) {
        context.pipeline().remove(this);
      }
    }

    /** Looks on where it sees what was encrypted; the handshake has a limit of its own. */
    private void addBehind(ChannelHandlerContext encrypted) {
      end();
      Bytes behind = new Bytes();
      behind.behindTls = true;
      encrypted.pipeline().addAfter(encrypted.name(), null, behind);
      behind.begin(encrypted.pipeline().context(behind));
    }

    private void follow(ChannelHandlerContext context) {
      if (context.pipeline().get(DECODER) != null) {
        decoded = true;
        context.pipeline().addAfter(DECODER, null, new Messages());
      }
    }

    private void begin(ChannelHandlerContext context) {
      limit = context.executor().schedule(() -> hangUp(context), SECONDS, TimeUnit.SECONDS);
    }

    private void end() {
      if (limit != null) {
        limit.cancel(false);
        limit = null;
      }
    }

    private void hangUp(ChannelHandlerContext context) {
      context
          .writeAndFlush(decoded ? Unpooled.wrappedBuffer(LATE) : Unpooled.EMPTY_BUFFER)
          .addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      end();
      context.fireChannelInactive();
    }

    /** Sees where requests of HTTP/1 begin and end. */
    private final class Messages extends ChannelInboundHandlerAdapter {
      @Override
      public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest) {
          inRequest = true;
          end();
        }
        if (message instanceof LastHttpContent) {
          inRequest = false;
        }
        context.fireChannelRead(message);
      }
    }
  }
}
