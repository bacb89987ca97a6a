// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import java.util.List;

/**
 * An image file, and where it is shown.
 *
 * @param indices of the images of the conversation that have exactly these bytes
 */
record PromptImage(ImageContent file, List<Integer> indices) {}
