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
   * Names by which browsers may reach a server that listens on loopback, besides localhost; a proxy
   * on the same machine that passes its own name on needs it here.
   */
  Optional<List<String>> httpHosts();
}
