// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

/**
 * Where a replica is.
 *
 * @param address {@code host:port}, an IPv6 host in brackets, or {@code inprocess:NAME}
 * @param serving false for one that is listed still, but is ending: it gets no new work
 */
public record ReplicaAddress(String address, boolean serving) {}
