// SPDX-License-Identifier: Apache-2.0
/** Tests of limits. */
@NullMarked
package io.owlmesh.orchestrator.limits;

import org.jspecify.annotations.NullMarked;
