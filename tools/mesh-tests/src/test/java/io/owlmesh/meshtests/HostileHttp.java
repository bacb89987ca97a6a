// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import io.owlmesh.client.Address;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** What nobody should send over HTTP, to be sent all the same. */
final class HostileHttp {
  private static final int PATIENCE_MILLIS = 2_000;
  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  private static final List<String> METHODS =
      List.of("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW");
  private static final List<String> PATHS =
      List.of(
          "/",
          "/health",
          "/version",
          "/v1/models",
          "/v1/models/%00",
          "/v1/chat/completions",
          "/v1/files",
          "/v1/files/..%2f..%2fetc%2fpasswd",
          "/api/mesh",
          "/api/sessions",
          "/api/sessions?page_size=1e400000000",
          "/api/sessions?page_size=-1&page_token=%ff",
          "/api/images",
          "/api/images/" + "0".repeat(64),
          "/api/feedback",
          "/api/sessions/x/turns",
          "/" + "a/".repeat(2000),
          "/%",
          "*");

  /** Values that stand where others belong. */
  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "-1",
          "1e400000000",
          "\"1e400000000\"",
          "0e-400000000",
          "1E-2147483647",
          "18446744073709551616",
          "\"\"",
          "\"\\ud800\"",
          "[]",
          "{}",
          "[[[[[[]]]]]]",
          "{\"a\":{}}",
          "\"data:image/png;base64,\"",
          "\"http://169.254.169.254/\"",
          "\"file:///etc/passwd\"");

  private static final List<String> FIELDS =
      List.of(
          "model",
          "messages",
          "max_tokens",
          "temperature",
          "top_p",
          "seed",
          "stop",
          "n",
          "stream",
          "stream_options",
          "response_format",
          "logit_bias",
          "tools",
          "guided_regex",
          "top_logprobs",
          "min_tokens",
          "length_penalty",
          "guided_json",
          "user",
          "\\u0000");

  private final Address door;

  HostileHttp(Address door) {
    this.door = door;
  }

  void attack(Random random) throws IOException {
    switch (random.nextInt(10)) {
      case 0 -> send(bytes(random, 1 + random.nextInt(4096)));
      case 1 -> send(head(random, pick(random, METHODS), pick(random, PATHS), random.nextInt(99)));
      case 2 -> post("/v1/chat/completions", changed(random));
      case 3 -> post(json(random), deep(random));
      case 4 -> post(json(random), wide(random));
      case 5 -> post("/v1/chat/completions", question(badPicture(random)));
      case 6 -> upload(random);
      case 7 -> slow(random);
      case 8 -> frames(door, random);
      default -> schema(random);
    }
  }

  private static <T> T pick(Random random, List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  private static String json(Random random) {
    return pick(random, List.of("/v1/chat/completions", "/api/sessions", "/api/sessions/x/turns"));
  }

  private static byte[] bytes(Random random, int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] head(Random random, String method, String path, int headers) {
    StringBuilder head =
        new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n");
    for (int i = 0; i < headers; i++) {
      head.append("x-")
          .append(i)
          .append(": ")
          .append("y".repeat(random.nextInt(300)))
          .append("\r\n");
    }
    head.append(
        pick(
            random,
            List.of(
                "",
                "Content-Length: -1\r\n",
                "Content-Length: 99999999999999999999\r\n",
                "Content-Length: 3\r\nContent-Length: 4\r\n",
                "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
                "Transfer-Encoding: chunked, identity\r\n",
                "Expect: 100-continue\r\nContent-Length: 9\r\n",
                "Content-Encoding: gzip\r\nContent-Length: 3\r\n",
                "Upgrade: websocket\r\nConnection: Upgrade\r\n",
                "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAAA\r\n",
                "Host: other\r\n",
                "Origin: https://elsewhere.example\r\n")));
    return ascii(head + "\r\n" + pick(random, List.of("", "abc", "0\r\n\r\n", "fffffffff\r\n")));
  }

  private void post(String path, byte[] body) throws IOException {
    send(
        ascii(
            "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
                .formatted(path, body.length)),
        body);
  }

  /** A question of which one field is something else. */
  private static byte[] changed(Random random) {
    String field = pick(random, FIELDS);
    String value = pick(random, VALUES);
    String rest =
        field.equals("messages") ? "" : ",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";
    String model = field.equals("model") ? "" : ",\"model\":\"owl-nano\"";
    String few = field.equals("max_tokens") ? "" : ",\"max_tokens\":2";
    return ascii("{\"%s\":%s%s%s%s}".formatted(field, value, rest, model, few));
  }

  private static byte[] deep(Random random) {
    int depth = 1 << random.nextInt(20);
    return ascii(
        random.nextBoolean()
            ? "[".repeat(depth)
            : "{\"messages\":".repeat(Math.min(depth, 99_999)));
  }

  private static byte[] wide(Random random) {
    int times = 1 << (10 + random.nextInt(11));
    return ascii(
        switch (random.nextInt(3)) {
          case 0 -> "[" + "{},".repeat(times) + "{}]";
          case 1 -> "{\"messages\":[" + "null,".repeat(times / 2) + "0]}";
          default -> "{\"title\":\"" + "x\u4e16".repeat(times / 4) + "\"}";
        });
  }

  private static byte[] question(byte[] picture) {
    return ascii(
        "{\"model\":\"owl-nano\",\"max_tokens\":2,\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,%s\"}},{\"type\":\"text\",\"text\":\"What?\"}]}]}"
            .formatted(Base64.getEncoder().encodeToString(picture)));
  }

  /** A picture that was cut, or of which some bytes are others. */
  private static byte[] badPicture(Random random) throws IOException {
    byte[] picture = Files.readAllBytes(NanoOwl.PICTURE);
    if (random.nextBoolean()) {
      return java.util.Arrays.copyOf(picture, random.nextInt(picture.length));
    }
    for (int i = 1 + random.nextInt(20); i > 0; i--) {
      picture[random.nextInt(random.nextBoolean() ? 64 : picture.length)] =
          (byte) random.nextInt(256);
    }
    return picture;
  }

  private void upload(Random random) throws IOException {
    byte[] picture = badPicture(random);
    if (random.nextBoolean()) {
      send(
          ascii(
              "POST /api/images HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
                  .formatted(picture.length)),
          picture);
      return;
    }
    byte[] part =
        ascii(
            "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../x\"\r\n\r\n"
                + new String(picture, StandardCharsets.ISO_8859_1)
                + pick(
                    random, List.of("\r\n--b--", "\r\n--b\r\n", "", "\r\n--b\r\n\r\n\r\n--b--")));
    send(
        ascii(
            "POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=%s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
                .formatted(pick(random, List.of("b", "c", "b".repeat(300))), part.length)),
        part);
  }

  /** Announces more than it sends, a byte now and then. */
  private void slow(Random random) throws IOException {
    String text =
        random.nextBoolean()
            ? String.join(
                "\r\n",
                "POST /v1/chat/completions HTTP/1.1",
                "Host: localhost",
                "Content-Type: application/json",
                "Content-Length: 60000000",
                "",
                "{\"model\":")
            : "GET /api/mesh HTTP/1.1\r\nHost: localhost\r\nx-";
    try (Socket socket = connect(door)) {
      OutputStream out = socket.getOutputStream();
      out.write(ascii(text));
      for (int i = random.nextInt(10); i >= 0; i--) {
        out.write(' ');
        out.flush();
        socket.setSoTimeout(200);
        try {
          if (socket.getInputStream().read() < 0) {
            return;
          }
        } catch (SocketTimeoutException stillWaiting) {
          // As it should.
        }
      }
    }
  }

  /** Frames of HTTP/2 of any kind, or very many of one. */
  static void frames(Address door, Random random) throws IOException {
    java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
    all.writeBytes(ascii(PREFACE));
    boolean flood = random.nextInt(4) == 0;
    all.writeBytes(frame(4, 0, 0, new byte[0]));
    int type = random.nextInt(11);
    for (int i = flood ? 5_000 : 1 + random.nextInt(50); i > 0; i--) {
      int kind = flood ? type : random.nextInt(11);
      all.writeBytes(
          frame(
              kind,
              random.nextInt(256),
              random.nextBoolean() ? 0 : 2 * i + 1,
              bytes(random, flood ? 4 + 4 * random.nextInt(2) : random.nextInt(200))));
    }
    send(door, all.toByteArray());
  }

  private static byte[] frame(int type, int flags, int stream, byte[] content) {
    java.nio.ByteBuffer frame = java.nio.ByteBuffer.allocate(9 + content.length);
    frame.put((byte) 0).putShort((short) content.length).put((byte) type).put((byte) flags);
    return frame.putInt(stream).put(content).array();
  }

  /** An answer in a form that takes long to compile, or none at all. */
  private void schema(Random random) throws IOException {
    String form =
        switch (random.nextInt(6)) {
          case 0 -> "{\"type\":\"number\",\"multipleOf\":%s}".formatted(pick(random, VALUES));
          case 1 -> "{\"type\":\"integer\",\"minimum\":%s}".formatted(pick(random, VALUES));
          case 2 -> "{\"anyOf\":[" + "{\"type\":\"object\"},".repeat(2000) + "{}]}";
          case 3 -> "{\"$ref\":\"#\"}";
          case 4 -> "{\"type\":\"string\",\"pattern\":\"(a{1,1000}){1,1000}\"}";
          default -> "{\"type\":\"array\",\"items\":".repeat(90) + "{}" + "}".repeat(90);
        };
    post(
        "/v1/chat/completions",
        ascii(
            String.format(
                Locale.ROOT,
                "{\"model\":\"owl-nano\",\"max_tokens\":2,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"x\",\"schema\":%s}}}",
                form)));
  }

  private void send(byte[]... pieces) throws IOException {
    send(door, pieces);
  }

  /** Sends, and hears what comes for a while: half of the callers are gone before. */
  private static void send(Address to, byte[]... pieces) throws IOException {
    try (Socket socket = connect(to)) {
      for (byte[] piece : pieces) {
        socket.getOutputStream().write(piece);
      }
      socket.getOutputStream().flush();
      if (pieces[0].length % 2 == 0) {
        return;
      }
      byte[] heard = new byte[8192];
      while (socket.getInputStream().read(heard) > 0) {}
    } catch (SocketTimeoutException enough) {
      // Whoever sends nonsense may be left without a word.
    }
  }

  private static Socket connect(Address to) throws IOException {
    Socket socket = new Socket();
    socket.connect(new InetSocketAddress(to.host(), to.port()), PATIENCE_MILLIS);
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }
}
