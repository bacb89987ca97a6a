// SPDX-License-Identifier: Apache-2.0
/** From files of dialogues to what the networks take: reading, checking, encoding. */
@NullMarked
package io.owlmesh.trainer.data;

import org.jspecify.annotations.NullMarked;
