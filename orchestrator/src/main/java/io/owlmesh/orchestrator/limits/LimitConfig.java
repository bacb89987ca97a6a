// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.limits;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** How much callers may ask for, unless the file of keys says otherwise of them. */
@ConfigMapping(prefix = "owl")
public interface LimitConfig {
  /** Limits of each caller, as {@code requests=60,positions=100000}; {@code -} for none. */
  @WithDefault("-")
  String callerLimits();

  /** Limits of all callers of a tenant together. */
  @WithDefault("-")
  String tenantLimits();
}
