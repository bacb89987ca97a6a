// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.placement;

/**
 * The replica that was chosen.
 *
 * @param index among the candidates
 * @param reason a word or two, the same for like cases
 * @param expectedSeconds to the first token; NaN if nobody knows
 * @param others each candidate and what spoke for and against it, for people
 */
public record Choice(int index, String reason, double expectedSeconds, String others) {}
