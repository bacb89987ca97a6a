// SPDX-License-Identifier: Apache-2.0
/**
 * Products of few rows with matrices where they lie, in Java: weights are read once, at the speed
 * of the memory, and nothing is packed or copied for it. Knows neither networks nor the engine.
 */
@NullMarked
package io.owlmesh.runtime.vector;

import org.jspecify.annotations.NullMarked;
