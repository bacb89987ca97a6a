// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator;

import io.owlmesh.wire.Wire;
import io.quarkus.arc.Unremovable;
import io.quarkus.grpc.api.ServerBuilderCustomizer;
import io.quarkus.grpc.runtime.config.GrpcServerConfiguration;
import io.vertx.grpc.VertxServerBuilder;
import jakarta.inject.Singleton;

/**
 * Sets what no property sets: limits of connections and of messages that arrive, windows,
 * keep-alive.
 */
@Singleton
@Unremovable
final class ServerLimits implements ServerBuilderCustomizer<VertxServerBuilder> {
  @Override
  public void customize(GrpcServerConfiguration config, VertxServerBuilder builder) {
    Wire.tune(builder.nettyBuilder());
  }
}
