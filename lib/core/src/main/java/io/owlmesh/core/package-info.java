// SPDX-License-Identifier: Apache-2.0
/** What every module shares: faults, element types, tensors in host memory, sampling parameters. */
@NullMarked
package io.owlmesh.core;

import org.jspecify.annotations.NullMarked;
