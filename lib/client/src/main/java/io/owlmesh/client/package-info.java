// SPDX-License-Identifier: Apache-2.0
/** The Java client of a mesh: questions, sessions, uploads and their traces. */
@NullMarked
package io.owlmesh.client;

import org.jspecify.annotations.NullMarked;
