// SPDX-License-Identifier: Apache-2.0
/**
 * mPLUG-Owl itself: image, vision, abstractor, text, language and the checkpoints that hold them.
 * No server, no gRPC.
 */
@NullMarked
package io.owlmesh.model;

import org.jspecify.annotations.NullMarked;
