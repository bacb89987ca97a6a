// SPDX-License-Identifier: Apache-2.0
/** The processes of a mesh on this machine: what to start, what runs, what to stop. */
@NullMarked
package io.owlmesh.launcher.mesh;

import org.jspecify.annotations.NullMarked;
