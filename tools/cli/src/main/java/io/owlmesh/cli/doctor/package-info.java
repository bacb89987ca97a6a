// SPDX-License-Identifier: Apache-2.0
/** Looks whether a machine can run a mesh. */
@NullMarked
package io.owlmesh.cli.doctor;

import org.jspecify.annotations.NullMarked;
