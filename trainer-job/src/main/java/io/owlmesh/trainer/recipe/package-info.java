// SPDX-License-Identifier: Apache-2.0
/** What a training job is to do, as people write it in YAML. */
@NullMarked
package io.owlmesh.trainer.recipe;

import org.jspecify.annotations.NullMarked;
