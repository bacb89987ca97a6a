// SPDX-License-Identifier: Apache-2.0
/** The LLaMA that several families have as their language model. */
@NullMarked
package io.owlmesh.model.family.llama;

import org.jspecify.annotations.NullMarked;
