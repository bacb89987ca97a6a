// SPDX-License-Identifier: Apache-2.0
/** Built services as OCI images. */
@NullMarked
package io.owlmesh.images;

import org.jspecify.annotations.NullMarked;
