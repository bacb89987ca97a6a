// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.owlmesh.llm.grpc;

import org.jspecify.annotations.NullMarked;
