// SPDX-License-Identifier: Apache-2.0
@NullMarked
package io.owlmesh.deploy;

import org.jspecify.annotations.NullMarked;
