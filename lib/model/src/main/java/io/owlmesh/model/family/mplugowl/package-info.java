// SPDX-License-Identifier: Apache-2.0
/** mPLUG-Owl: a ViT, the visual abstractor and a LLaMA. */
@NullMarked
package io.owlmesh.model.family.mplugowl;

import org.jspecify.annotations.NullMarked;
