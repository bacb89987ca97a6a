// SPDX-License-Identifier: Apache-2.0
/** Wrong on purpose: what the architecture rules must find. */
@NullMarked
package io.owlmesh.core.broken;

import org.jspecify.annotations.NullMarked;
