// SPDX-License-Identifier: Apache-2.0
/** LLaVA: a CLIP, one or two linear layers and a LLaMA. */
@NullMarked
package io.owlmesh.model.family.llava;

import org.jspecify.annotations.NullMarked;
