// SPDX-License-Identifier: Apache-2.0
/** How a training run is watched: a line on the terminal, a log, and files for TensorBoard. */
@NullMarked
package io.owlmesh.trainer.monitor;

import org.jspecify.annotations.NullMarked;
