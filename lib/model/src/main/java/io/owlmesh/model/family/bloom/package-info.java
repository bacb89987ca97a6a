// SPDX-License-Identifier: Apache-2.0
/** The BLOOM that families have as their language model. */
@NullMarked
package io.owlmesh.model.family.bloom;

import org.jspecify.annotations.NullMarked;
