// SPDX-License-Identifier: Apache-2.0
/** Settings of the orchestrator. */
@NullMarked
package io.owlmesh.orchestrator;

import org.jspecify.annotations.NullMarked;
