// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.List;
import java.util.Optional;

/** Settings of the front door in HTTP; each is also an environment variable. */
@ConfigMapping(prefix = "owl")
interface HttpConfig {
  /** Address that servers listen on. */
  @WithDefault("127.0.0.1")
  String host();

  /**
   * Names by which browsers may reach the server, besides localhost and any address. Needed where
   * it listens beyond loopback, and for a proxy that passes its own name on.
   */
  Optional<List<String>> httpHosts();

  /** Pages of other servers that may ask this one, as {@code https://app.example.org}. */
  Optional<List<String>> httpOrigins();

  /** Addresses of proxies whose {@code X-Forwarded-Host} is believed. */
  Optional<List<String>> httpProxies();
}
