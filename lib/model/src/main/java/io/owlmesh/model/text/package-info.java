// SPDX-License-Identifier: Apache-2.0
/** From dialogues to token ids with places for images, and from generated ids back to text. */
@NullMarked
package io.owlmesh.model.text;

import org.jspecify.annotations.NullMarked;
