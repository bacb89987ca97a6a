// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.owlmesh.orchestrator.pipeline;

import org.jspecify.annotations.NullMarked;
