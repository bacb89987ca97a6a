// SPDX-License-Identifier: Apache-2.0
/** Commands that start, stop and show the services of this machine. */
@NullMarked
package io.owlmesh.cli.mesh;

import org.jspecify.annotations.NullMarked;
