// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

/**
 * What was said so far of an answer that is being written.
 *
 * @param fence of the lease that it is written under
 */
public record Draft(String answerId, long fence, String text) {}
