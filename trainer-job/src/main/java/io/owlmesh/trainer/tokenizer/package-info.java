// SPDX-License-Identifier: Apache-2.0
/** Training of the tokeniser of a new model. */
@NullMarked
package io.owlmesh.trainer.tokenizer;

import org.jspecify.annotations.NullMarked;
