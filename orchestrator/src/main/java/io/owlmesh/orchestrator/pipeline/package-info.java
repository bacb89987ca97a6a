// SPDX-License-Identifier: Apache-2.0
/**
 * The path of a request: images to features to visual tokens to text, and the life of its answer.
 */
@NullMarked
package io.owlmesh.orchestrator.pipeline;

import org.jspecify.annotations.NullMarked;
