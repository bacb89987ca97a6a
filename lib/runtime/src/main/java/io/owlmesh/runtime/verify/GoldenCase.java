// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.verify;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A prompt with its answer, as {@code forward.json} holds it.
 *
 * @param adapter folder of the adapter, or null
 * @param images files, in the order of their places in the prompt
 * @param prompt in the reference's textual form, with {@code <image>}
 * @param ids of the prompt, -1 at visual positions
 * @param greedy ids of the answer, with the end of the sequence if it was reached
 * @param text of the answer
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record GoldenCase(
    String name,
    @Nullable String adapter,
    List<String> images,
    String prompt,
    List<Integer> ids,
    List<Integer> greedy,
    String text) {}
