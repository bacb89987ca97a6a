// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.Role;
import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.owlmesh.orchestrator.pipeline.MeshGateway;
import io.owlmesh.orchestrator.pipeline.MeshOperations;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** What load balancers and clients ask before anything else: is it ready, which version is it. */
@Singleton
final class ProbeRoutes {
  private final AdmissionControl answers;
  private final MeshGateway gateway;
  private final MeshOperations mesh;
  private final String version;

  @Inject
  ProbeRoutes(
      AdmissionControl answers,
      MeshGateway gateway,
      MeshOperations mesh,
      @ConfigProperty(name = "quarkus.application.version") String version) {
    this.answers = answers;
    this.gateway = gateway;
    this.mesh = mesh;
    this.version = version;
  }

  void install(@Observes Router router) {
    router.get("/health").handler(Exchange.each(answers, this::health));
    router.get("/v1/health").handler(Exchange.each(answers, this::health));
    router.get("/version").handler(Exchange.each(answers, this::version));
  }

  /**
   * 200 if the mesh is whole and conversations can be kept, naming replicas that take no work; 503
   * and the reason if not.
   */
  private void health(Exchange exchange) {
    // Addresses and reasons are nobody's business where callers must be known.
    boolean known = exchange.caller().may(Role.USER);
    try {
      gateway.requireReady();
      ObjectNode status = JsonNodeFactory.instance.objectNode();
      status.put("status", "SERVING");
      List<String> missing = mesh.missing();
      if (known && !missing.isEmpty()) {
        missing.forEach(status.putArray("missing")::add);
      }
      exchange.reply(status.toString());
    } catch (OwlException e) {
      ObjectNode status = JsonNodeFactory.instance.objectNode();
      status.put("status", "NOT_SERVING");
      if (known) {
        status.put("reason", String.valueOf(e.getMessage()));
      }
      exchange.reply(503, status.toString());
    }
  }

  private void version(Exchange exchange) {
    exchange.reply(JsonNodeFactory.instance.objectNode().put("version", version).toString());
  }
}
