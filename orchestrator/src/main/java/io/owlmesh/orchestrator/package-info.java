// SPDX-License-Identifier: Apache-2.0
/** The front door: takes conversations with images and leads them through the three stages. */
@NullMarked
package io.owlmesh.orchestrator;

import org.jspecify.annotations.NullMarked;
