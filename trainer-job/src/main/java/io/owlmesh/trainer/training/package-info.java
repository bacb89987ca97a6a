// SPDX-License-Identifier: Apache-2.0
/** The network while it learns: weights, gradients, moments, and the two native calls of a step. */
@NullMarked
package io.owlmesh.trainer.training;

import org.jspecify.annotations.NullMarked;
