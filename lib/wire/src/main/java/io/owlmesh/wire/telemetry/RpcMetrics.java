// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire.telemetry;

import io.grpc.opentelemetry.GrpcOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.quarkus.arc.Unremovable;
import io.quarkus.grpc.api.ServerBuilderCustomizer;
import io.quarkus.grpc.runtime.config.GrpcServerConfiguration;
import io.vertx.grpc.VertxServerBuilder;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/**
 * Calls of a service by method and status, under the names that gRPC gives them in every language.
 */
@Singleton
@Unremovable
final class RpcMetrics implements ServerBuilderCustomizer<VertxServerBuilder> {
  private final GrpcOpenTelemetry calls;

  @Inject
  RpcMetrics(OpenTelemetry telemetry) {
    calls = GrpcOpenTelemetry.newBuilder().sdk(telemetry).build();
  }

  @Override
  public void customize(GrpcServerConfiguration config, VertxServerBuilder builder) {
    calls.configureServerBuilder(builder.nettyBuilder());
  }
}
