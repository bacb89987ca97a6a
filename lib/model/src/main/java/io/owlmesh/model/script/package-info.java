// SPDX-License-Identifier: Apache-2.0
/**
 * TorchScript programs as text: what both sides of a call name is declared once in Java, and the
 * TorchScript side of it is generated.
 */
@NullMarked
package io.owlmesh.model.script;

import org.jspecify.annotations.NullMarked;
