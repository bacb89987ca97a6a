// SPDX-License-Identifier: Apache-2.0
/** Strict JSON for configuration files, and the problems found in them. */
@NullMarked
package io.owlmesh.model.json;

import org.jspecify.annotations.NullMarked;
