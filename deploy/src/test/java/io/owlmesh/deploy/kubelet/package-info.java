// SPDX-License-Identifier: Apache-2.0
/**
 * What a node of a cluster does with what the chart renders, in so far as it concerns us, and what
 * Podman does with the file for one machine.
 */
@NullMarked
package io.owlmesh.deploy.kubelet;

import org.jspecify.annotations.NullMarked;
