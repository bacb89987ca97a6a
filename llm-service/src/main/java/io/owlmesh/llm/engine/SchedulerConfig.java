// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

/**
 * What the engine may use.
 *
 * @param sequences answers in work at a time
 * @param stepPositions computed in one step: a long prompt is read in pieces of it
 * @param cachePositions keys and values are kept of, of all sequences together
 * @param queue requests that may wait
 * @param slowReaderNanos after which a reader that takes nothing loses its answer
 */
public record SchedulerConfig(
    int sequences, int stepPositions, int cachePositions, int queue, long slowReaderNanos) {}
