// SPDX-License-Identifier: Apache-2.0

/** The serving engine: many answers at a time over one model and one key/value cache. */
@org.jspecify.annotations.NullMarked
package io.owlmesh.llm.engine;
