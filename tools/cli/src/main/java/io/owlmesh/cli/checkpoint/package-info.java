// SPDX-License-Identifier: Apache-2.0
/** Commands that inspect, make and verify checkpoints. */
@NullMarked
package io.owlmesh.cli.checkpoint;

import org.jspecify.annotations.NullMarked;
