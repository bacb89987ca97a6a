// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.batch;

import io.owlmesh.proto.chat.v1.AnswerOptions;
import java.util.List;

/**
 * What all rows of a batch are asked with.
 *
 * @param model its name; empty for the mesh's
 * @param answering digest of weights and options, see {@link BatchRow#model}
 * @param weights digests of the mesh's weights
 */
record AskedWith(String model, AnswerOptions options, String answering, List<String> weights) {}
