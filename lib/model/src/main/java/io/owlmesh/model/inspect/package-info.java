// SPDX-License-Identifier: Apache-2.0
/** What there is to say about a checkpoint folder, for people. */
@NullMarked
package io.owlmesh.model.inspect;

import org.jspecify.annotations.NullMarked;
