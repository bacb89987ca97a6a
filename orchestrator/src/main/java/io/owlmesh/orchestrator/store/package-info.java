// SPDX-License-Identifier: Apache-2.0
/** Conversations and images that outlive the process: rows in a database, files by their digest. */
@NullMarked
package io.owlmesh.orchestrator.store;

import org.jspecify.annotations.NullMarked;
