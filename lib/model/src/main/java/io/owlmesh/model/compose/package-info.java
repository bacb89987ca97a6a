// SPDX-License-Identifier: Apache-2.0
/** Makes checkpoints of parts that are handed out apart. */
@NullMarked
package io.owlmesh.model.compose;

import org.jspecify.annotations.NullMarked;
