// SPDX-License-Identifier: Apache-2.0
/**
 * A training job: its stages in order, each from the last one's result, and what survives a kill.
 */
@NullMarked
package io.owlmesh.trainer.job;

import org.jspecify.annotations.NullMarked;
