// SPDX-License-Identifier: Apache-2.0
/** Where the replicas of a stage are, and how that changes while the mesh serves. */
@NullMarked
package io.owlmesh.orchestrator.mesh.discovery;

import org.jspecify.annotations.NullMarked;
