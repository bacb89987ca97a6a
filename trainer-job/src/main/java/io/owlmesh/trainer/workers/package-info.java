// SPDX-License-Identifier: Apache-2.0
/** Several processes that learn together: what they exchange, and how they are started. */
@NullMarked
package io.owlmesh.trainer.workers;

import org.jspecify.annotations.NullMarked;
