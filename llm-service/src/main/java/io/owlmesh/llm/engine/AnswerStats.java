// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import java.util.OptionalDouble;

/**
 * How an answer went.
 *
 * @param stopped whether the model ended it; else the limit of tokens did
 * @param tokens generated, with the end of the sequence if it was reached
 * @param cachedPositions of the prompt that did not have to be computed
 * @param queueNanos until its prompt was begun
 * @param prefillNanos from there to the first token
 * @param decodeNanos from the first token to the last
 * @param preemptions how often its room was given to others, and its positions computed again
 * @param score of a beam: the logarithm of its probability over a power of its length
 */
public record AnswerStats(
    boolean stopped,
    int tokens,
    int cachedPositions,
    long queueNanos,
    long prefillNanos,
    long decodeNanos,
    int preemptions,
    OptionalDouble score) {}
