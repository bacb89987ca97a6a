// SPDX-License-Identifier: Apache-2.0
/** The HTTP API of the web page. */
@NullMarked
package io.owlmesh.orchestrator.door.page;

import org.jspecify.annotations.NullMarked;
