// SPDX-License-Identifier: Apache-2.0
/** The services of a mesh as processes of this machine: planned, started, watched, stopped. */
@NullMarked
package io.owlmesh.launcher;

import org.jspecify.annotations.NullMarked;
