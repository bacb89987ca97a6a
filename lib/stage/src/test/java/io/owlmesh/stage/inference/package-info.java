// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.owlmesh.stage.inference;

import org.jspecify.annotations.NullMarked;
