// SPDX-License-Identifier: Apache-2.0
/** Measures a running mesh as a client sees it, beside what the machine could do at best. */
@NullMarked
package io.owlmesh.bench;

import org.jspecify.annotations.NullMarked;
