// SPDX-License-Identifier: Apache-2.0
/** Who may do what: roles, and the file of API keys that the command line writes. */
@NullMarked
package io.owlmesh.core.identity;

import org.jspecify.annotations.NullMarked;
