// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.limits;

import io.owlmesh.core.identity.CallerLimits.Kind;

/**
 * How a caller stands with a limit that is counted by the minute: of those of its own and of its
 * tenant, the one that leaves less.
 *
 * @param seconds until the minute ends
 */
public record Standing(Kind kind, long limit, long remaining, long seconds) {}
