// SPDX-License-Identifier: Apache-2.0
/**
 * What the stage services share: loading of weights, dynamic batching, streams of items, lineage
 * checks.
 */
@NullMarked
package io.owlmesh.stage;

import org.jspecify.annotations.NullMarked;
