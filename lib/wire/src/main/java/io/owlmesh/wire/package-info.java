// SPDX-License-Identifier: Apache-2.0
/**
 * What both ends of a gRPC call share: tensors without copies, faults as statuses, deadlines,
 * channels.
 */
@NullMarked
package io.owlmesh.wire;

import org.jspecify.annotations.NullMarked;
