// SPDX-License-Identifier: Apache-2.0
/** Guided decoding: regular expressions and JSON schemas as automata over the bytes of tokens. */
@NullMarked
package io.owlmesh.llm.guided;

import org.jspecify.annotations.NullMarked;
