// SPDX-License-Identifier: Apache-2.0
/** Conversations that are kept: their turns, taken one at a time, and what becomes of them. */
@NullMarked
package io.owlmesh.orchestrator.session;

import org.jspecify.annotations.NullMarked;
