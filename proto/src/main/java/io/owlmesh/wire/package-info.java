// SPDX-License-Identifier: Apache-2.0
/**
 * What all ends of a wire share: tensors without copies, faults as statuses, deadlines, streams of
 * items.
 */
@NullMarked
package io.owlmesh.wire;

import org.jspecify.annotations.NullMarked;
