// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family;

import io.owlmesh.model.script.NamedTuple;
import io.owlmesh.model.script.Script;
import java.util.List;

/**
 * One of the three networks of a model, as data: what it computes, and with which tensors. What its
 * TorchScript must define:
 *
 * <ul>
 *   <li>{@code Vision}: {@code vision_input(pixels [N, 3, S, S], stem) -> x}, {@code
 *       vision_block(x, layer) -> x}, {@code vision_output(x, weights) -> features [N, P, D]},
 *       which are exactly what the connector reads;
 *   <li>{@code Connector}: {@code connect(features [N, P, D], question [N, L], weights, dropout) ->
 *       [N, T, H]}, where the question is the ids of what is asked if {@link
 *       ModelConfig#readsQuestion}, and L is 0 else; {@code connector_attention(features, question,
 *       weights) -> [N, 2, Q, patches]}, what its Q queries attend to in the first and the last
 *       layer, by {@code attention_weights(q [N, Q, D], k [N, K, D], heads) -> [N, Q, K]}; {@code
 *       no_attention(features)} where it has no queries;
 *   <li>{@code Language}: {@code embed(ids [R], weights) -> [R, H]}, {@code position_tables(n,
 *       like) -> tables}, {@code key_bias(n, like) -> [heads, n] float32, or empty}, {@code block(h
 *       [R, H], layer, lora, rows, keys, values) -> [R, H]}, {@code final_norm(h, weights) -> [R,
 *       H]}, {@code head(weights) -> Matrix}.
 * </ul>
 *
 * @param name {@code Vision}, {@code Connector} or {@code Language}
 * @param scripts resources with these methods
 * @param weights its tensors
 * @param constants what {@code vision_config()}, {@code connector_config()} or {@code
 *     language_config()} returns: a record of numbers; {@link NoConstants} for no such method
 * @param prefixes of the names of its tensors, or whole names; also of tensors that a model of this
 *     configuration lacks
 */
public record NetworkSpec(
    String name,
    List<String> scripts,
    WeightLayout weights,
    Record constants,
    List<String> prefixes) {
  /** Where a program need not be told anything. */
  public record NoConstants() {}

  /** Whether a tensor has a name of this network. */
  public boolean owns(String tensor) {
    return prefixes.stream().anyMatch(tensor::startsWith);
  }

  /** The program, without what runs it. */
  public Script script() {
    NamedTuple config = NamedTuple.of(name + "Config", constants.getClass());
    Script own =
        config.fields().isEmpty()
            ? new Script(List.of(), List.of(), scripts)
            : new Script(List.of(config), List.of(config.constant(constants)), scripts);
    return own.plus(weights.script());
  }
}
