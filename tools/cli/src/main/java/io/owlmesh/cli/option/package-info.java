// SPDX-License-Identifier: Apache-2.0
/** Options and output that several commands share. */
@NullMarked
package io.owlmesh.cli.option;

import org.jspecify.annotations.NullMarked;
