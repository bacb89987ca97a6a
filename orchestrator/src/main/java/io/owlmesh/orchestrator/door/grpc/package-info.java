// SPDX-License-Identifier: Apache-2.0
/** The Chat service in gRPC. */
@NullMarked
package io.owlmesh.orchestrator.door.grpc;

import org.jspecify.annotations.NullMarked;
