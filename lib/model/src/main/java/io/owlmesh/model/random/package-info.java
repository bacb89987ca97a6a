// SPDX-License-Identifier: Apache-2.0
/** Checkpoints of random weights, to try the services without real ones. */
@NullMarked
package io.owlmesh.model.random;

import org.jspecify.annotations.NullMarked;
