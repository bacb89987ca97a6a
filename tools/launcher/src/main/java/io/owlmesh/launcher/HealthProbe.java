// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.owlmesh.client.Address;
import io.owlmesh.client.Connection;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Asks one service for its health, as often as wanted. */
public final class HealthProbe implements AutoCloseable {
  private static final int CONNECT_MILLIS = 250;
  private static final Duration PATIENCE = Duration.ofMillis(500);

  private final Address address;
  private @Nullable Connection connection;

  public HealthProbe(Address address) {
    this.address = address;
  }

  /** Whether a service of a mesh runs and is ready. */
  public static boolean isServing(MeshRecord mesh, RunningService service) {
    if (!service.alive()) {
      return false;
    }
    try (HealthProbe probe = new HealthProbe(mesh.address(service))) {
      return probe.check(PATIENCE) == Health.SERVING;
    }
  }

  /**
   * What the service says now.
   *
   * @param patience how long a service that accepts connections may take to answer
   */
  public Health check(Duration patience) {
    // A channel that once failed waits a second before it tries again; a bare connect does not, and
    // tells when a channel is worth making.
    if (connection == null && !accepts()) {
      return Health.UNREACHABLE;
    }
    try {
      ServingStatus status =
          HealthGrpc.newBlockingStub(connection().channel())
              .withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS)
              .check(HealthCheckRequest.getDefaultInstance())
              .getStatus();
      return status == ServingStatus.SERVING ? Health.SERVING : Health.NOT_SERVING;
    } catch (StatusRuntimeException failed) {
      close();
      return accepts() ? Health.NOT_SERVING : Health.UNREACHABLE;
    }
  }

  private Connection connection() {
    if (connection == null) {
      connection = new Connection(address);
    }
    return connection;
  }

  private boolean accepts() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(address.host(), address.port()), CONNECT_MILLIS);
      return true;
    } catch (IOException refused) {
      return false;
    }
  }

  @Override
  public void close() {
    if (connection != null) {
      connection.close();
      connection = null;
    }
  }
}
