// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

/** An answer that is being written, by nobody who has the lease of its session. */
public record AbandonedAnswer(String sessionId, String answerId, long fence) {}
