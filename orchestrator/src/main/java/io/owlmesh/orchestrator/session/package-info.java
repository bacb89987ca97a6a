// SPDX-License-Identifier: Apache-2.0
/** Sessions: turns taken one at a time, branches, context windows, retention. */
@NullMarked
package io.owlmesh.orchestrator.session;

import org.jspecify.annotations.NullMarked;
