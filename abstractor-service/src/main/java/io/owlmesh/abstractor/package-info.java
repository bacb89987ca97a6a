// SPDX-License-Identifier: Apache-2.0
/** The second stage as a service: features in, visual tokens out. */
@NullMarked
package io.owlmesh.abstractor;

import org.jspecify.annotations.NullMarked;
