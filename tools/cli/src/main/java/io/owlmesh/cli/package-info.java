// SPDX-License-Identifier: Apache-2.0
/** The owl command. */
@NullMarked
package io.owlmesh.cli;

import org.jspecify.annotations.NullMarked;
