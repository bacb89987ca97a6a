// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.owlmesh.wire.identity.AccessPolicy;
import io.owlmesh.wire.tls.MeshTls;
import io.quarkus.arc.Unremovable;
import io.quarkus.grpc.api.ServerBuilderCustomizer;
import io.quarkus.grpc.runtime.config.GrpcServerConfiguration;
import io.vertx.grpc.VertxServerBuilder;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Sets what no property sets, for the server of every service: limits of connections and of
 * messages that arrive, windows, keep-alive, encryption, and who may come in.
 */
@Singleton
@Unremovable
final class ServerTuning implements ServerBuilderCustomizer<VertxServerBuilder> {
  private final AccessPolicy policy;
  private final MeshTls tls;
  private final String host;

  @Inject
  ServerTuning(
      AccessPolicy policy,
      MeshTls tls,
      @ConfigProperty(name = "owl.host", defaultValue = "127.0.0.1") String host) {
    this.policy = policy;
    this.tls = tls;
    this.host = host;
  }

  @Override
  public void customize(GrpcServerConfiguration config, VertxServerBuilder builder) {
    policy.requireMayListen(host);
    Wire.secure(Wire.tune(builder.nettyBuilder()), policy, tls);
  }
}
