// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.verify;

/**
 * One comparison.
 *
 * @param check what is compared, for example {@code logits}
 * @param subject of what: a file, or a checkpoint, the arithmetic and an adapter
 * @param count of values, texts or answers compared
 * @param worst the worst difference, as people read it
 * @param tolerance what is allowed
 */
public record Row(
    String check, String subject, long count, String worst, String tolerance, boolean passed) {}
