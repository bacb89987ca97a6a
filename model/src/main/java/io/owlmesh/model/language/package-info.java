// SPDX-License-Identifier: Apache-2.0
/** The third stage: text and visual tokens -> text. */
@NullMarked
package io.owlmesh.model.language;

import org.jspecify.annotations.NullMarked;
