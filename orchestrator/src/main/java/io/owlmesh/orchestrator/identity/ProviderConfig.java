// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.identity;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/** Where users of the page sign in; the provider is that whose tokens are believed. */
@ConfigMapping(prefix = "owl")
public interface ProviderConfig {
  /** What the provider calls this mesh; nobody signs in there without one. */
  Optional<String> oidcClient();

  /** The secret of that client; none for a public one. */
  Optional<String> oidcSecret();

  /** Address at which users sign in, the authorization endpoint; required with a client. */
  Optional<URI> oidcAuthorize();

  /** Address at which a code becomes tokens, the token endpoint; required with a client. */
  Optional<URI> oidcToken();

  /** Where the provider sends users back to; required with a client. */
  Optional<URI> oidcRedirect();

  /** What is asked for; {@code openid} must be among it. */
  @WithDefault("openid")
  List<String> oidcScopes();
}
