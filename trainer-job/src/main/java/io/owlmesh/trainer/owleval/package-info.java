// SPDX-License-Identifier: Apache-2.0
/**
 * OwlEval, the authors' questions on 50 pictures, which people grade: answers in its format, a
 * blind page to grade them, and the tally.
 */
@NullMarked
package io.owlmesh.trainer.owleval;

import org.jspecify.annotations.NullMarked;
