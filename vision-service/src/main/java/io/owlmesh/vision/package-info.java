// SPDX-License-Identifier: Apache-2.0
/** The first stage as a service: image files in, features out. */
@NullMarked
package io.owlmesh.vision;

import org.jspecify.annotations.NullMarked;
