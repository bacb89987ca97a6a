// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

/**
 * A lease that is still ours.
 *
 * @param stopped whether somebody asked for the end of its answer
 */
public record RenewedLease(long fence, boolean stopped) {}
