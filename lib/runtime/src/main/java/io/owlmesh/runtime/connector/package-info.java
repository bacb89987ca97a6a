// SPDX-License-Identifier: Apache-2.0
/** The second stage: features to visual tokens. */
@NullMarked
package io.owlmesh.runtime.connector;

import org.jspecify.annotations.NullMarked;
