// SPDX-License-Identifier: Apache-2.0
/** How well a model answers: questions with known replies, by ability. */
@NullMarked
package io.owlmesh.trainer.eval;

import org.jspecify.annotations.NullMarked;
