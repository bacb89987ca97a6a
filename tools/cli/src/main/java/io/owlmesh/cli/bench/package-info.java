// SPDX-License-Identifier: Apache-2.0
/** Commands that measure. */
@NullMarked
package io.owlmesh.cli.bench;

import org.jspecify.annotations.NullMarked;
