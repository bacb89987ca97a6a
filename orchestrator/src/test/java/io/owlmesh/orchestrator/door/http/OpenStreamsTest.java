// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A client of HTTP/2 that does not keep to what the server's settings say. */
@Timeout(60)
class OpenStreamsTest {
  private static final int HEADERS = 1;
  private static final int RESET = 3;
  private static final int SETTINGS = 4;
  private static final int END_OF_HEADERS = 4;
  private static final int OPENED = 3 * ConnectionStreams.MAX;

  @Test
  void ofOneConnectionSoManyRequestsAreTakenAndOthersAreServed(@TempDir Path folder)
      throws Exception {
    try (HttpDoor door = new HttpDoor(folder, Map.of());
        Socket socket = door.connect()) {
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      frame(out, SETTINGS, 0, 0, new byte[0]);
      DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
      for (int i = 0; i < OPENED; i++) {
        frame(out, HEADERS, END_OF_HEADERS, 2 * i + 1, head(encoder, door.port()));
      }
      out.flush();

      DataInputStream in = new DataInputStream(socket.getInputStream());
      for (int resets = 0; resets < OPENED - ConnectionStreams.MAX; ) {
        int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
        int type = in.readUnsignedByte();
        in.skipNBytes(1 + 4);
        byte[] content = in.readNBytes(length);
        if (type == RESET) {
          resets++;
          assertThat(content).as("refused, to be tried again").containsExactly(0, 0, 0, 7);
        }
      }
      assertThat(door.get("/api/mesh").statusCode()).isEqualTo(200);
    }
  }

  private static byte[] head(DefaultHttp2HeadersEncoder encoder, int port) throws Exception {
    ByteBuf head = Unpooled.buffer();
    encoder.encodeHeaders(
        1,
        new DefaultHttp2Headers()
            .method("POST")
            .scheme("http")
            .path("/api/sessions")
            .authority("localhost:" + port)
            .add("content-type", "application/json"),
        head);
    byte[] bytes = new byte[head.readableBytes()];
    head.readBytes(bytes);
    return bytes;
  }

  private static void frame(DataOutputStream out, int type, int flags, int stream, byte[] content)
      throws IOException {
    out.writeByte(content.length >> 16);
    out.writeShort(content.length);
    out.writeByte(type);
    out.writeByte(flags);
    out.writeInt(stream);
    out.write(content);
  }
}
