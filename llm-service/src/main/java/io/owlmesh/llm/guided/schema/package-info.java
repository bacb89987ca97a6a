// SPDX-License-Identifier: Apache-2.0
/** JSON schemas, merged keyword by keyword, as automata of the values they allow. */
@NullMarked
package io.owlmesh.llm.guided.schema;

import org.jspecify.annotations.NullMarked;
