// SPDX-License-Identifier: Apache-2.0
/**
 * Programs that compute gradients, and the tensors that they change, without the engine's types.
 */
@NullMarked
package io.owlmesh.runtime.training;

import org.jspecify.annotations.NullMarked;
