// SPDX-License-Identifier: Apache-2.0
/** Many questions to a running mesh, asked by tasks of Spark. */
@NullMarked
package io.owlmesh.spark.batch;

import org.jspecify.annotations.NullMarked;
