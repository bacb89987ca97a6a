// SPDX-License-Identifier: Apache-2.0
/** LoRA adapters: loaded, leased to running requests, uploaded, removed. */
@NullMarked
package io.owlmesh.llm.adapters;

import org.jspecify.annotations.NullMarked;
