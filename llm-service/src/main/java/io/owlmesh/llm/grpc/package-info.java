// SPDX-License-Identifier: Apache-2.0
/** The gRPC interface of the language model: prompts and visual tokens in, text out. */
@NullMarked
package io.owlmesh.llm.grpc;

import org.jspecify.annotations.NullMarked;
