// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

import java.util.regex.Pattern;

/**
 * A low-rank adapter to learn: y = W x + alpha / rank * B A dropped(x).
 *
 * @param dropout probability that a number of x is dropped before A
 * @param targets module names that get one, such as {@code .*\.(q_proj|v_proj)}; matched whole
 */
public record Lora(int rank, double alpha, double dropout, Pattern targets) {
  /** Factor of the adapter's product. */
  public double scaling() {
    return alpha / rank;
  }
}
