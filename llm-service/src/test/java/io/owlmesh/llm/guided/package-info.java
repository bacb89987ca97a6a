// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.owlmesh.llm.guided;

import org.jspecify.annotations.NullMarked;
