// SPDX-License-Identifier: Apache-2.0
/** The first stage: pixels to features. */
@NullMarked
package io.owlmesh.runtime.vision;

import org.jspecify.annotations.NullMarked;
