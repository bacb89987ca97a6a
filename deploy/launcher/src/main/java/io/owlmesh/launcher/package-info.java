// SPDX-License-Identifier: Apache-2.0
/** The {@code owl} command: brings a mesh up and down on one machine, and talks to one anywhere. */
@NullMarked
package io.owlmesh.launcher;

import org.jspecify.annotations.NullMarked;
