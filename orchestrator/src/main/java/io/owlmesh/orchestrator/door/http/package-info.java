// SPDX-License-Identifier: Apache-2.0
/** What all HTTP doors share: requests, bodies and their limits, event streams, errors. */
@NullMarked
package io.owlmesh.orchestrator.door.http;

import org.jspecify.annotations.NullMarked;
