// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.owlmesh.orchestrator.door.grpc;

import org.jspecify.annotations.NullMarked;
