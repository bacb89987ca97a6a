// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of every stage; each is also an environment variable, as {@code OWL_DRAIN_TIMEOUT}. */
@ConfigMapping(prefix = "owl")
public interface StageConfig {
  /** Time for what runs when the service is asked to stop; the rest is ended then. */
  @WithDefault("30S")
  Duration drainTimeout();
}
