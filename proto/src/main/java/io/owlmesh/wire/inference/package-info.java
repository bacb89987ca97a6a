// SPDX-License-Identifier: Apache-2.0
/**
 * The Open Inference Protocol for stages: what they compute, offered as models that any client of
 * that protocol can ask.
 */
@NullMarked
package io.owlmesh.wire.inference;

import org.jspecify.annotations.NullMarked;
