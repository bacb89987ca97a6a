// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A store that speaks S3, as a process of its own on loopback. */
final class S3Server implements AutoCloseable {
  static final String BUCKET = "owls";

  private static final Path JAR = Path.of("target/s3/s3mock.jar");
  private static final int OK = 200;

  private final Process process;
  private final URI endpoint;

  /**
   * @param folder for what it keeps
   */
  S3Server(Path folder) throws Exception {
    int port = freePort();
    endpoint = URI.create("http://127.0.0.1:" + port);
    ProcessBuilder store =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-jar",
                JAR.toString(),
                "--server.address=127.0.0.1",
                "--server.port=" + freePort(), // For TLS, which is not used.
                "--http.port=" + port,
                "--com.adobe.testing.s3mock.store.initialBuckets=" + BUCKET,
                "--com.adobe.testing.s3mock.store.root=" + folder)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("server.log").toFile());
    process = EndsWithTests.guard(store.start());
    awaitReady();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void awaitReady() throws Exception {
    for (int tries = 0; !isReady(); tries++) {
      if (tries > 1_200 || !process.isAlive()) {
        close();
        throw new IllegalStateException("the store does not answer");
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  private boolean isReady() {
    try {
      HttpURLConnection call =
          (HttpURLConnection) endpoint.resolve("/" + BUCKET).toURL().openConnection();
      return call.getResponseCode() == OK;
    } catch (IOException e) {
      return false;
    }
  }

  URI endpoint() {
    return endpoint;
  }

  @Override
  public void close() {
    process.destroy();
    process.onExit().orTimeout(30, TimeUnit.SECONDS).join();
  }
}
