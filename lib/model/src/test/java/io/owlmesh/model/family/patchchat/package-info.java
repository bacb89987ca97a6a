// SPDX-License-Identifier: Apache-2.0
/** A family that exists in test code alone: what a new one takes. */
@NullMarked
package io.owlmesh.model.family.patchchat;

import org.jspecify.annotations.NullMarked;
