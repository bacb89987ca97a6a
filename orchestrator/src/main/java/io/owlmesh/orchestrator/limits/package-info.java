// SPDX-License-Identifier: Apache-2.0
/** How much callers and tenants may ask for. */
@NullMarked
package io.owlmesh.orchestrator.limits;

import org.jspecify.annotations.NullMarked;
