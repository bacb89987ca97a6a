// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** A process that is ready at once and ends when asked. */
final class ServingService {
  private ServingService() {}

  static void main(String[] arguments) throws Exception {
    ParentWatch.begin();
    System.out.println("weights from " + System.getenv("OWL_CHECKPOINT"));
    int port = Integer.parseInt(System.getenv("OWL_PORT"));
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .addService(new HealthStatusManager().getHealthService())
            .build()
            .start();
    server.awaitTermination();
  }
}
