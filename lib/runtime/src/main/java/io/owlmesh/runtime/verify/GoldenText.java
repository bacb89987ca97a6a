// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.verify;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/**
 * A text with its token ids, as {@code tokens.json} holds it.
 *
 * @param decoded the text that the ids give back
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record GoldenText(String text, List<Integer> ids, String decoded) {}
