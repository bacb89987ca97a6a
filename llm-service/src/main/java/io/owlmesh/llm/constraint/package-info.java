// SPDX-License-Identifier: Apache-2.0

/**
 * Answers that match a regular expression or a JSON schema: texts become automata over bytes, and
 * automata tell which tokens may come next.
 */
@org.jspecify.annotations.NullMarked
package io.owlmesh.llm.constraint;
