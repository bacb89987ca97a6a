// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.runtime.WeightOrder;
import java.util.ArrayList;
import java.util.List;

/** All tensors of a model in the order of the training program. */
final class TensorOrder implements WeightOrder {
  private final List<Slot> slots = new ArrayList<>();
  private final int connector;
  private final int language;

  /**
   * A tensor.
   *
   * @param float32 whether it computes in float32 whatever the working type
   */
  record Slot(String name, boolean float32) {}

  TensorOrder(ModelConfig config) {
    all(config.visionNetwork().weights());
    connector = slots.size();
    all(config.connectorNetwork().weights());
    language = slots.size();
    all(config.languageNetwork().weights());
  }

  List<Slot> slots() {
    return slots;
  }

  /** Index of the connector's first tensor. */
  int connector() {
    return connector;
  }

  /** Index of the language model's first tensor. */
  int language() {
    return language;
  }

  /** Index of the first matrix of a LoRA: behind all others. */
  int lora() {
    return slots.size();
  }

  @Override
  public void plain(String name) {
    slots.add(new Slot(name, false));
  }

  @Override
  public void table(String name) {
    plain(name);
  }

  @Override
  public void float32(String name) {
    slots.add(new Slot(name, true));
  }

  @Override
  public void matrix(String name) {
    plain(name);
  }
}
