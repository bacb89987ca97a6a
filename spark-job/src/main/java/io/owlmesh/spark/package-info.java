// SPDX-License-Identifier: Apache-2.0
/**
 * Jobs of OwlMesh on Apache Spark. What trains and asks runs as a process beside the executor: two
 * engines' libraries do not meet in one JVM, and its memory is its own.
 */
@NullMarked
package io.owlmesh.spark;

import org.jspecify.annotations.NullMarked;
