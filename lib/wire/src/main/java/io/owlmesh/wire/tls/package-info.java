// SPDX-License-Identifier: Apache-2.0
/** Certificates of a service, read again when their files change. */
@NullMarked
package io.owlmesh.wire.tls;

import org.jspecify.annotations.NullMarked;
