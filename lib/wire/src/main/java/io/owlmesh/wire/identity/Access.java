// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire.identity;

/** Who may call a method or take a route. */
public enum Access {
  /** Whoever reaches the server: what a load balancer asks, and the files of the page. */
  ANYBODY,
  /** Callers with the role user. */
  USER,
  /** Callers with the role operator, each for its own tenant. */
  TENANT_OPERATOR,
  /** Operators of the default tenant, whose the mesh is, and services that may publish adapters. */
  OPERATOR,
  /** Callers with the role admin, each for its own tenant; those of the default one for all. */
  TENANT_ADMIN,
  /** Administrators of the default tenant, whose the mesh is. */
  ADMIN,
  /** Nobody: of what is not listed. */
  NOBODY,
  /** The orchestrator; where it shares a port with the stages, callers with the role operator. */
  ORCHESTRATOR
}
