// SPDX-License-Identifier: Apache-2.0
/** The Open Inference Protocol v2 over what a stage computes. */
@NullMarked
package io.owlmesh.stage.inference;

import org.jspecify.annotations.NullMarked;
