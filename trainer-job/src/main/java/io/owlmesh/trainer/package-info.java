// SPDX-License-Identifier: Apache-2.0
/**
 * The staged training: align the visual parts to a frozen language model, then tune the abstractor
 * and a LoRA on instructions.
 */
@NullMarked
package io.owlmesh.trainer;

import org.jspecify.annotations.NullMarked;
