// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.owlmesh.orchestrator.mesh.discovery;

import org.jspecify.annotations.NullMarked;
