// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

/**
 * What an engine has computed since its start.
 *
 * @param batches computed
 * @param items of all batches, added up: images, or sequences of a language model
 * @param nanos spent on them
 */
public record BatchCounts(long batches, long items, long nanos) {}
