// SPDX-License-Identifier: Apache-2.0
/** The second stage: features -> visual tokens. */
@NullMarked
package io.owlmesh.model.abstractor;

import org.jspecify.annotations.NullMarked;
