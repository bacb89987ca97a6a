// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.owlmesh.llm.speculation;

import org.jspecify.annotations.NullMarked;
