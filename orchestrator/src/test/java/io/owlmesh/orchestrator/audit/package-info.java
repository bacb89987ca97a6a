// SPDX-License-Identifier: Apache-2.0
/** Tests of the audit. */
@NullMarked
package io.owlmesh.orchestrator.audit;

import org.jspecify.annotations.NullMarked;
