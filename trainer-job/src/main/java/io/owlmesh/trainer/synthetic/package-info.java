// SPDX-License-Identifier: Apache-2.0
/**
 * The picture book: a toy world of pictures, captions and dialogues whose truth is known, to train
 * small models in and to measure them.
 */
@NullMarked
package io.owlmesh.trainer.synthetic;

import org.jspecify.annotations.NullMarked;
