// SPDX-License-Identifier: Apache-2.0
/**
 * How a question becomes an answer: its way through the three stages, and its life from first to
 * last.
 */
@NullMarked
package io.owlmesh.orchestrator.answer;

import org.jspecify.annotations.NullMarked;
