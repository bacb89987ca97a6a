// SPDX-License-Identifier: Apache-2.0
/** Speculative decoding without a second model: what is proposed, and when that pays. */
@NullMarked
package io.owlmesh.llm.speculation;

import org.jspecify.annotations.NullMarked;
