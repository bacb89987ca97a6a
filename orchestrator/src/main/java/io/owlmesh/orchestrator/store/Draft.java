// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

/** What was said so far of an answer that is being written. */
public record Draft(String sessionId, String answerId, String text) {}
