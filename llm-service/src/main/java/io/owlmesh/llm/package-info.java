// SPDX-License-Identifier: Apache-2.0
/** The language model of the service and its settings. */
@NullMarked
package io.owlmesh.llm;

import org.jspecify.annotations.NullMarked;
