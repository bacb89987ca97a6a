// SPDX-License-Identifier: Apache-2.0
/** Many questions, asked of a running mesh beside its other callers. */
@NullMarked
package io.owlmesh.cli.batch;

import org.jspecify.annotations.NullMarked;
