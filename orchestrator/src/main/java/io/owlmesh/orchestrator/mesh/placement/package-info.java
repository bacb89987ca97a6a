// SPDX-License-Identifier: Apache-2.0
/** Which of several replicas a piece of work is sent to. */
@NullMarked
package io.owlmesh.orchestrator.mesh.placement;

import org.jspecify.annotations.NullMarked;
