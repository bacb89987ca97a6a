// SPDX-License-Identifier: Apache-2.0
/** The third stage: text and visual tokens to logits, for any number of sequences at a time. */
@NullMarked
package io.owlmesh.runtime.language;

import org.jspecify.annotations.NullMarked;
