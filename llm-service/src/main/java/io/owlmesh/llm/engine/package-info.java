// SPDX-License-Identifier: Apache-2.0
/** The serving engine: continuous batching of sequences over one model and one block cache. */
@NullMarked
package io.owlmesh.llm.engine;

import org.jspecify.annotations.NullMarked;
