// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family;

import io.owlmesh.model.family.WeightLayout.Kind;
import io.owlmesh.model.family.WeightLayout.Slot;
import io.owlmesh.model.script.NamedTuple;
import io.owlmesh.model.script.NamedTuple.Field;
import io.owlmesh.model.script.Script;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Writes the TorchScript side of a {@link WeightLayout}. */
final class WeightScript {
  private final String network;
  private final String prefix;
  private final boolean quantizable;
  private final String lists;
  private final String given;
  private final List<Slot> stem;
  private final List<Slot> layer;
  private final List<Slot> tail;
  private final List<NamedTuple> tuples = new ArrayList<>();
  private final List<String> methods = new ArrayList<>();
  private final List<Field> parts = new ArrayList<>();
  private final List<String> values = new ArrayList<>();

  WeightScript(
      String network, boolean quantizable, List<Slot> stem, List<Slot> layer, List<Slot> tail) {
    this.network = network;
    this.prefix = network.toLowerCase(Locale.ROOT);
    this.quantizable = quantizable;
    this.lists = quantizable ? "w: List[Tensor], q: List[Tensor]" : "w: List[Tensor]";
    this.given = quantizable ? "w, q" : "w";
    this.stem = stem;
    this.layer = layer;
    this.tail = tail;
  }

  Script script() {
    String layers = "";
    if (!stem.isEmpty()) {
      part("stem", group("Stem", "stem", lists, "0", stem));
    }
    if (!layer.isEmpty()) {
      layers = layers(group("Layer", "layer", lists + ", l: int", offset(), layer));
    }
    if (!tail.isEmpty()) {
      part("tail", group("Tail", "tail", lists, "len(w) - " + tail.size(), tail));
    }
    NamedTuple all = new NamedTuple(network + "Weights", parts);
    tuples.add(all);
    method("weights", lists, all.type(), layers + returned(all, String.join(", ", values)));
    return new Script(tuples, methods, List.of());
  }

  private String offset() {
    return stem.size() + " + l * " + layer.size();
  }

  private void part(String name, NamedTuple type) {
    parts.add(new Field(name, type.type()));
    values.add("self.%s_%s(%s)".formatted(prefix, name, given));
  }

  /** Adds the reader of all layers; returns the lines that call it. */
  private String layers(NamedTuple type) {
    int others = stem.size() + tail.size();
    method(
        "layers",
        "w: List[Tensor]",
        "int",
        "    return (len(w) - %d) // %d\n".formatted(others, layer.size()));
    parts.add(new Field("layers", "List[" + type.type() + "]"));
    values.add("layers");
    return "    layers = annotate(List[%s], [])\n".formatted(type.type())
        + "    for l in range(self.%s_layers(w)):\n".formatted(prefix)
        + "      torch.append(layers, self.%s_layer(%s, l))\n".formatted(prefix, given);
  }

  private NamedTuple group(
      String suffix, String method, String parameters, String first, List<Slot> slots) {
    NamedTuple tuple =
        new NamedTuple(
            network + suffix,
            slots.stream()
                .map(s -> new Field(s.name(), isWrapped(s) ? "__torch__.Matrix" : "Tensor"))
                .toList());
    tuples.add(tuple);
    String read =
        IntStream.range(0, slots.size())
            .mapToObj(i ->
                (isWrapped(slots.get(i)) ? "self.matrix(w, q, at + %d)" : "w[at + %d]")
                    .formatted(i))
            .collect(Collectors.joining(", "));
    method(method, parameters, tuple.type(), "    at = " + first + "\n" + returned(tuple, read));
    return tuple;
  }

  private boolean isWrapped(Slot slot) {
    return quantizable && slot.kind() == Kind.MATRIX;
  }

  private void method(String name, String parameters, String result, String body) {
    methods.add(
        "  def %s_%s(self: __torch__.Net, %s) -> %s:\n%s"
            .formatted(prefix, name, parameters, result, body));
  }

  private static String returned(NamedTuple type, String values) {
    return "    return %s(%s)\n".formatted(type.type(), values);
  }
}
