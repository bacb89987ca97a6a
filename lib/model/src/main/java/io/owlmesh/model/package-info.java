// SPDX-License-Identifier: Apache-2.0
/**
 * A model as files describe it: dimensions, checkpoint, images, text. No engine, no server, no
 * gRPC.
 */
@NullMarked
package io.owlmesh.model;

import org.jspecify.annotations.NullMarked;
