// SPDX-License-Identifier: Apache-2.0
/** Who did what: noted on the way, written in groups. */
@NullMarked
package io.owlmesh.orchestrator.audit;

import org.jspecify.annotations.NullMarked;
