// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.audit;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** What is kept of who did what. */
@ConfigMapping(prefix = "owl")
public interface AuditConfig {
  /** Whether anything is. */
  @WithDefault("true")
  boolean audit();

  /** How long. */
  @WithDefault("90D")
  Duration auditRetention();
}
