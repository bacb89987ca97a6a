// SPDX-License-Identifier: Apache-2.0
/**
 * The place of the staged training: align the visual parts to a frozen language model, then tune a
 * LoRA on instructions. Nothing is here yet.
 */
@NullMarked
package io.owlmesh.trainer;

import org.jspecify.annotations.NullMarked;
