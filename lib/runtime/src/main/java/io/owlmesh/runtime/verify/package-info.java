// SPDX-License-Identifier: Apache-2.0
/**
 * Compares this engine with golden values of the reference implementation: pixels, tokens,
 * features, visual tokens, logits and greedy answers.
 */
@NullMarked
package io.owlmesh.runtime.verify;

import org.jspecify.annotations.NullMarked;
