// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.identity;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/** Settings of who may come in; each is also an environment variable, as {@code OWL_KEYS}. */
@ConfigMapping(prefix = "owl")
public interface IdentityConfig {
  /** File of API keys, which {@code ./owl keys} writes; once there is one, everybody needs one. */
  @WithDefault("${owl.data:data}/keys")
  Path keys();

  /** Whether a server without keys, tokens or certificates may listen beyond loopback. */
  @WithDefault("false")
  boolean allowAnonymous();

  /** Issuer of JSON Web Tokens, as their {@code iss} names it; no tokens without one. */
  Optional<String> jwtIssuer();

  /** What a token must be for, one of its {@code aud}; required with an issuer. */
  Optional<String> jwtAudience();

  /** Address of the issuer's keys (JWKS); required with an issuer. */
  Optional<URI> jwtJwks();

  /** Claim with the roles {@code user}, {@code operator} and {@code admin}; dots lead inwards. */
  @WithDefault("roles")
  String jwtRoles();

  /** Claim with the tenant; a token without it is of the tenant {@code default}. */
  @WithDefault("tenant")
  String jwtTenant();
}
