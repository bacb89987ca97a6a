// SPDX-License-Identifier: Apache-2.0
/** A client of the mesh's front door: one request, its events, its trace. */
@NullMarked
package io.owlmesh.launcher.talk;

import org.jspecify.annotations.NullMarked;
