// SPDX-License-Identifier: Apache-2.0
/** The commands of the trainer: train, data and eval. */
@NullMarked
package io.owlmesh.trainer.cli;

import org.jspecify.annotations.NullMarked;
