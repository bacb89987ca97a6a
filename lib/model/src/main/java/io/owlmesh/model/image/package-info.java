// SPDX-License-Identifier: Apache-2.0
/** From an image file to the pixels that the vision encoder takes. */
@NullMarked
package io.owlmesh.model.image;

import org.jspecify.annotations.NullMarked;
