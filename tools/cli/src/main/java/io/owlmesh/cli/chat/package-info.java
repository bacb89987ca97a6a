// SPDX-License-Identifier: Apache-2.0
/** Commands that ask, chat and list sessions. */
@NullMarked
package io.owlmesh.cli.chat;

import org.jspecify.annotations.NullMarked;
