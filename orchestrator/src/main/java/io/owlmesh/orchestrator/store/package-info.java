// SPDX-License-Identifier: Apache-2.0
/** What outlives the process: rows in a database, image files by their digest. */
@NullMarked
package io.owlmesh.orchestrator.store;

import org.jspecify.annotations.NullMarked;
