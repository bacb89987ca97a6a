// SPDX-License-Identifier: Apache-2.0
/**
 * Whole meshes as users run them: separate processes on real ports, asked through the front door.
 */
@NullMarked
package io.owlmesh.meshtests;

import org.jspecify.annotations.NullMarked;
