// SPDX-License-Identifier: Apache-2.0
/** Who may come in at the front doors: API keys, tokens, and what each method and route needs. */
@NullMarked
package io.owlmesh.orchestrator.identity;

import org.jspecify.annotations.NullMarked;
