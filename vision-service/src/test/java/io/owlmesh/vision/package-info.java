// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.owlmesh.vision;

import org.jspecify.annotations.NullMarked;
