// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import io.owlmesh.wire.tls.MeshTls;
import io.quarkus.arc.Unremovable;
import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.KeyCertOptions;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/** Encrypts HTTP with the certificate that the gRPC port shows, whenever that changes. */
@Singleton
@Unremovable
public final class HttpTls implements HttpServerOptionsCustomizer {
  private final MeshTls tls;

  @Inject
  public HttpTls(MeshTls tls) {
    this.tls = tls;
  }

  @Override
  public void customizeHttpServer(HttpServerOptions options) {
    tls.identity()
        .ifPresent(identity ->
            options.setSsl(true).setUseAlpn(true).setKeyCertOptions(KeyCertOptions.wrap(identity)));
  }
}
