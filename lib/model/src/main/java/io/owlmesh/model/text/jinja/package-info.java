// SPDX-License-Identifier: Apache-2.0
/** Chat templates that lie with checkpoints: a small, bounded part of Jinja. */
@NullMarked
package io.owlmesh.model.text.jinja;

import org.jspecify.annotations.NullMarked;
