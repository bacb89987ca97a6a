// SPDX-License-Identifier: Apache-2.0
/** Credentials, and an issuer of them. */
@NullMarked
package io.owlmesh.orchestrator.identity;

import org.jspecify.annotations.NullMarked;
