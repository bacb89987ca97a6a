// SPDX-License-Identifier: Apache-2.0
/** The front door that OpenAI's clients know: models, chat completions, files. */
@NullMarked
package io.owlmesh.orchestrator.openai;

import org.jspecify.annotations.NullMarked;
