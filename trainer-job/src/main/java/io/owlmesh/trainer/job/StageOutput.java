// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a job stands between two stages.
 *
 * @param checkpoint folder of the model so far
 * @param adapter folder of its LoRA
 * @param fingerprint of all that it was made of
 */
record StageOutput(Path checkpoint, Optional<Path> adapter, String fingerprint) {}
