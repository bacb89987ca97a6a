// SPDX-License-Identifier: Apache-2.0
/** What a service tells of itself at its management port: metrics and probes. */
@NullMarked
package io.owlmesh.wire.telemetry;

import org.jspecify.annotations.NullMarked;
