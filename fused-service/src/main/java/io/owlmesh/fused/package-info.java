// SPDX-License-Identifier: Apache-2.0
/** All stages and the orchestrator in one process: for a small machine, and as a baseline. */
@NullMarked
package io.owlmesh.fused;

import org.jspecify.annotations.NullMarked;
