// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

/**
 * What the engine may use.
 *
 * @param maxSequences answers in work at a time
 * @param maxBatchedTokens computed in one step: a long prompt is read in pieces of it
 * @param decodeSlowdown times as long as alone that a step of answers may take when it reads
 *     prompts, too; 0 for any
 * @param cachePositions keys and values are kept of, of all maxSequences together
 * @param queue requests that may wait
 * @param speculativeTokens proposed ids that an answer which is alone may have computed in a step
 *     beside its newest one
 * @param slowReaderNanos after which a reader that takes nothing loses its answer
 */
public record SchedulerConfig(
    int maxSequences,
    int maxBatchedTokens,
    double decodeSlowdown,
    int cachePositions,
    int queue,
    int speculativeTokens,
    long slowReaderNanos) {}
