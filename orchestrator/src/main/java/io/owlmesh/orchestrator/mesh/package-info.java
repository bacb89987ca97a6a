// SPDX-License-Identifier: Apache-2.0
/** The stages as the orchestrator sees them: channels, guards, health, what they serve. */
@NullMarked
package io.owlmesh.orchestrator.mesh;

import org.jspecify.annotations.NullMarked;
