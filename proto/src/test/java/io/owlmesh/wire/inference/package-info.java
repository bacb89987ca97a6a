// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.owlmesh.wire.inference;

import org.jspecify.annotations.NullMarked;
