// SPDX-License-Identifier: Apache-2.0
/** The HTTP API of OpenAI: models, chat completions, files. */
@NullMarked
package io.owlmesh.orchestrator.door.openai;

import org.jspecify.annotations.NullMarked;
