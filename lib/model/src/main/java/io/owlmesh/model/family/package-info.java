// SPDX-License-Identifier: Apache-2.0
/**
 * The seam between model families and everything else: what a family tells of its configuration,
 * tensors, networks, pictures and prompts. No engine, no files.
 */
@NullMarked
package io.owlmesh.model.family;

import org.jspecify.annotations.NullMarked;
