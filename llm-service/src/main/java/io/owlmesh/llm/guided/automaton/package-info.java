// SPDX-License-Identifier: Apache-2.0
/** Regular expressions as automata over the bytes of UTF-8, bounded while they are built. */
@NullMarked
package io.owlmesh.llm.guided.automaton;

import org.jspecify.annotations.NullMarked;
