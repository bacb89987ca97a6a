// SPDX-License-Identifier: Apache-2.0
/**
 * Checkpoints and adapters on disk: reading the four Hugging Face layouts without running any code
 * they carry, checking them whole, identifying their weights, and writing new ones.
 */
@NullMarked
package io.owlmesh.model.checkpoint;

import org.jspecify.annotations.NullMarked;
