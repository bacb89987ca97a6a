// SPDX-License-Identifier: Apache-2.0
/** BLIP-2 and its kin with a LLaMA: a ViT-g, a Q-Former, a linear layer. */
@NullMarked
package io.owlmesh.model.family.blip;

import org.jspecify.annotations.NullMarked;
