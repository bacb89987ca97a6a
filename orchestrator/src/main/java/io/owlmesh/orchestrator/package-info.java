// SPDX-License-Identifier: Apache-2.0
/** The front door in gRPC. */
@NullMarked
package io.owlmesh.orchestrator;

import org.jspecify.annotations.NullMarked;
