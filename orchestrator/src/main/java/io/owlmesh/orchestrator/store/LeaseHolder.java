// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

/**
 * Whoever has the lease of a session.
 *
 * @param requestId of the turn that is taken; empty if it has none
 * @param expired whether the lease was not renewed in time
 */
public record LeaseHolder(String requestId, boolean expired) {}
