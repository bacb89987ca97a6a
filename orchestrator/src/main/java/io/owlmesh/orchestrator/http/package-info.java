// SPDX-License-Identifier: Apache-2.0
/** The front door in HTTP: the page's API, and what every other HTTP API here stands on. */
@NullMarked
package io.owlmesh.orchestrator.http;

import org.jspecify.annotations.NullMarked;
