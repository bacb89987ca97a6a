// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.quarkus.arc.Unremovable;
import io.quarkus.grpc.api.ServerBuilderCustomizer;
import io.quarkus.grpc.runtime.config.GrpcServerConfiguration;
import io.vertx.grpc.VertxServerBuilder;
import jakarta.inject.Singleton;

/**
 * Sets what no property sets, for the server of every service: limits of connections and of
 * messages that arrive, windows, keep-alive.
 */
@Singleton
@Unremovable
final class ServerTuning implements ServerBuilderCustomizer<VertxServerBuilder> {
  @Override
  public void customize(GrpcServerConfiguration config, VertxServerBuilder builder) {
    Wire.tune(builder.nettyBuilder());
  }
}
