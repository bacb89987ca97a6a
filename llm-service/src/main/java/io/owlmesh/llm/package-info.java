// SPDX-License-Identifier: Apache-2.0
/** The third stage as a service: text and visual tokens in, text out. */
@NullMarked
package io.owlmesh.llm;

import org.jspecify.annotations.NullMarked;
