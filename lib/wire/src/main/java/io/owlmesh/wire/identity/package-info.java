// SPDX-License-Identifier: Apache-2.0
/** Who is at the other end of a call, and what each method asks of them. */
@NullMarked
package io.owlmesh.wire.identity;

import org.jspecify.annotations.NullMarked;
