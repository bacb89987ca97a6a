// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.util.ReferenceCountUtil;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(90)
class HeadTimeLimitTest {
  private final EmbeddedChannel channel = new EmbeddedChannel();

  @AfterEach
  void close() {
    Object read;
    while ((read = channel.readInbound()) != null) {
      ReferenceCountUtil.release(read);
    }
    channel.finishAndReleaseAll();
  }

  private void open(boolean http1) {
    channel.freezeTime();
    if (http1) {
      channel.pipeline().addLast("httpDecoder", new HttpRequestDecoder());
    }
    channel.pipeline().addFirst(new HeadTimeLimit.Bytes());
    channel.pipeline().fireChannelActive();
  }

  private void say(String text) {
    channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
  }

  private void passSeconds(int seconds) {
    channel.advanceTimeBy(seconds, TimeUnit.SECONDS);
    channel.runScheduledPendingTasks();
  }

  private String heard() {
    StringBuilder all = new StringBuilder();
    Stream.generate(() -> (ByteBuf) channel.readOutbound())
        .takeWhile(bytes -> bytes != null)
        .forEach(bytes -> {
          all.append(bytes.toString(StandardCharsets.US_ASCII));
          bytes.release();
        });
    return all.toString();
  }

  @Test
  void whoSaysNothingIsHungUpOn() {
    open(true);
    passSeconds(HeadTimeLimit.SECONDS);
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void aHeadThatTricklesIsGivenUp() {
    open(true);
    say("GET / HTTP/1.1\r\n");
    for (int i = 0; i < HeadTimeLimit.SECONDS - 1; i++) {
      passSeconds(1);
      say("x" + i + ": y\r\n");
    }
    assertThat(channel.isOpen()).isTrue();
    passSeconds(1);
    assertThat(channel.isOpen()).isFalse();
    assertThat(heard()).startsWith("HTTP/1.1 408 ");
  }

  @Test
  void aSecondHeadThatTricklesIsGivenUp() {
    open(true);
    say("POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab");
    passSeconds(100);
    assertThat(channel.isOpen()).isTrue();

    say("GET / HT");
    passSeconds(HeadTimeLimit.SECONDS - 1);
    say("TP/1.1\r\n");
    assertThat(channel.isOpen()).isTrue();
    passSeconds(1);
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void aBodyHasItsOwnLimits() {
    open(true);
    say("POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nab");
    passSeconds(100);
    say("c");
    passSeconds(100);
    assertThat(channel.isOpen()).isTrue();
  }

  @Test
  void anotherProtocolIsLeftAloneOnceItHasBegun() {
    open(false);
    say("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nmore");
    passSeconds(100);
    assertThat(channel.isOpen()).isTrue();
    assertThat(channel.pipeline().get(HeadTimeLimit.Bytes.class)).isNull();
  }

  @Test
  void aServerHangsUpOnAByteASecond(@TempDir Path folder) throws Exception {
    try (HttpDoor door = new HttpDoor(folder, Map.of());
        Socket socket = door.connect()) {
      OutputStream out = socket.getOutputStream();
      out.write(
          "GET /api/mesh HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      Thread trickle =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  while (true) {
                    out.write('x');
                    TimeUnit.SECONDS.sleep(1);
                  }
                } catch (java.io.IOException | InterruptedException over) {
                  // The server hung up, or the test is over.
                }
              });
      try {
        assertThat(HttpDoor.rest(socket)).startsWith("HTTP/1.1 200").contains("HTTP/1.1 408");
      } catch (SocketException reset) {
        assertThat(trickle.join(java.time.Duration.ofSeconds(10))).isTrue();
      } finally {
        trickle.interrupt();
      }
    }
  }
}
