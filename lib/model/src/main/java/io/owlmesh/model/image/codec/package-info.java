// SPDX-License-Identifier: Apache-2.0
/**
 * Decoders of JPEG, PNG, GIF, BMP and WebP, byte for byte as Pillow decodes them, within limits.
 */
@NullMarked
package io.owlmesh.model.image.codec;

import org.jspecify.annotations.NullMarked;
