// SPDX-License-Identifier: Apache-2.0
/** The first stage: pixels -> features. */
@NullMarked
package io.owlmesh.model.vision;

import org.jspecify.annotations.NullMarked;
