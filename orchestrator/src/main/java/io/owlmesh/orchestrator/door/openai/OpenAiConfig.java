// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Settings of images that requests name by an address; each is also an environment variable. */
@ConfigMapping(prefix = "owl")
interface OpenAiConfig {
  /**
   * Servers that images may be fetched from, as {@code https://images.example.org}; a {@code *.} at
   * the begin of the name stands for any name before it. Nothing is fetched if there are none.
   */
  Optional<List<String>> imageOrigins();

  /** Time for fetching one image, redirects among it. */
  @WithDefault("10S")
  Duration imageFetchTimeout();
}
