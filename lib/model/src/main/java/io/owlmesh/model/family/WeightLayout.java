// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family;

import io.owlmesh.model.script.Script;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The tensors of one network, declared once: their names in a checkpoint, their shapes, how they
 * are kept, and the names by which its TorchScript knows them. First those of the stem, then those
 * of each layer, then those of the tail.
 *
 * <p>For a network {@code Vision}, the program gets the types {@code VisionStem}, {@code
 * VisionLayer}, {@code VisionTail} and {@code VisionWeights} (stem, layers, tail), and the methods
 * {@code vision_stem(w)}, {@code vision_layer(w, l)}, {@code vision_layers(w)}, {@code
 * vision_tail(w)} and {@code vision_weights(w)}, which read them from a list of all tensors.
 */
public final class WeightLayout {
  /** How a tensor is kept. */
  public enum Kind {
    /** In the working type. */
    PLAIN,
    /** In the working type; rows are read one by one. */
    TABLE,
    /** In float32: a weight of a normalisation that computes in it. */
    FLOAT32,
    /** The weight [out, in] of a linear layer, packed or quantized where that pays. */
    MATRIX
  }

  /**
   * A tensor of a stem, a layer or a tail.
   *
   * @param name in TorchScript
   * @param tensor canonical name in a checkpoint; without the prefix of its layer in a layer
   */
  public record Slot(String name, String tensor, Kind kind, List<Long> shape) {}

  /**
   * A tensor of the network.
   *
   * @param name canonical name in a checkpoint
   */
  public record Weight(String name, Kind kind, List<Long> shape) {}

  private final String network;
  private final boolean quantizable;
  private final List<Slot> stem;
  private final List<Slot> layer;
  private final List<Slot> tail;
  private final int layers;
  private final String prefix;
  private final int stepSize;

  private WeightLayout(Builder from) {
    network = from.network;
    quantizable = from.quantizable;
    stem = List.copyOf(from.groups.get(0));
    layer = List.copyOf(from.groups.get(1));
    tail = List.copyOf(from.groups.get(2));
    layers = from.layers;
    prefix = from.prefix;
    stepSize = from.stepSize;
  }

  /**
   * Begins with the stem.
   *
   * @param network {@code Vision}, {@code Connector} or {@code Language}
   */
  public static Builder of(String network) {
    return new Builder(network);
  }

  /** Declares slots in order. */
  public static final class Builder {
    private final String network;
    private final List<List<Slot>> groups =
        List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    private int group;
    private int layers;
    private String prefix = "";
    private int stepSize;
    private boolean quantizable;

    private Builder(String network) {
      this.network = network;
    }

    /** Matrices are of type {@code Matrix} in the program: plain, packed or quantized. */
    public Builder quantizable() {
      quantizable = true;
      return this;
    }

    /**
     * Goes on with what each layer has.
     *
     * @param prefix of the tensors of layer {@code %d}
     */
    public Builder layers(int count, String prefix) {
      this.layers = count;
      this.prefix = prefix;
      group = 1;
      return this;
    }

    /**
     * As above, for several layers of a file that make one here: the tensors of a step begin with
     * the number of a layer within it, as in {@code 0.attention}.
     *
     * @param prefix of the tensors, up to the number of a layer
     */
    public Builder steps(int count, int size, String prefix) {
      stepSize = size;
      return layers(count, prefix);
    }

    /** Goes on with the tail. */
    public Builder tail() {
      group = 2;
      return this;
    }

    public Builder plain(String name, String tensor, long... shape) {
      return add(name, tensor, Kind.PLAIN, shape);
    }

    public Builder table(String name, String tensor, long... shape) {
      return add(name, tensor, Kind.TABLE, shape);
    }

    public Builder matrix(String name, String tensor, long out, long in) {
      return add(name, tensor, Kind.MATRIX, out, in);
    }

    /** {@code NAME_weight} and {@code NAME_bias} of a LayerNorm. */
    public Builder norm(String name, String tensor, long width) {
      return add(name + "_weight", tensor + ".weight", Kind.FLOAT32, width)
          .add(name + "_bias", tensor + ".bias", Kind.FLOAT32, width);
    }

    /** {@code NAME_weight} and {@code NAME_bias} of a linear layer. */
    public Builder linear(String name, String tensor, long out, long in) {
      return matrix(name + "_weight", tensor + ".weight", out, in)
          .add(name + "_bias", tensor + ".bias", Kind.PLAIN, out);
    }

    private Builder add(String name, String tensor, Kind kind, long... shape) {
      groups.get(group).add(new Slot(name, tensor, kind, Arrays.stream(shape).boxed().toList()));
      return this;
    }

    public WeightLayout build() {
      return new WeightLayout(this);
    }
  }

  /** All tensors in the order of the program's list. */
  public List<Weight> weights() {
    List<Weight> all = new ArrayList<>();
    stem.forEach(slot -> all.add(weight("", slot)));
    for (int l = 0; l < layers; l++) {
      int at = l;
      layer.forEach(slot -> all.add(inLayer(at, slot)));
    }
    tail.forEach(slot -> all.add(weight("", slot)));
    return all;
  }

  private static Weight weight(String before, Slot slot) {
    return new Weight(before + slot.tensor, slot.kind, slot.shape);
  }

  private Weight inLayer(int l, Slot slot) {
    if (stepSize == 0) {
      return weight(layerPrefix(l), slot);
    }
    int dot = slot.tensor.indexOf('.');
    int layerOfFile = l * stepSize + Integer.parseInt(slot.tensor.substring(0, dot));
    String name = prefix + layerOfFile + slot.tensor.substring(dot);
    return new Weight(name, slot.kind, slot.shape);
  }

  private String layerPrefix(int l) {
    return prefix.formatted(l);
  }

  /** Canonical names and shapes. */
  public SortedMap<String, List<Long>> shapes() {
    SortedMap<String, List<Long>> shapes = new TreeMap<>();
    weights().forEach(weight -> shapes.put(weight.name, weight.shape));
    return shapes;
  }

  /** How many numbers all tensors have. */
  public long parameters() {
    return weights().stream()
        .mapToLong(w -> w.shape.stream().reduce(1L, Math::multiplyExact))
        .sum();
  }

  /** Whether the program takes its matrices in 8 bits, too. */
  public boolean isQuantizable() {
    return quantizable;
  }

  /** The program's method that names all tensors. */
  public String reader() {
    return network.toLowerCase(Locale.ROOT) + "_weights";
  }

  /** How many layers there are. */
  public int layers() {
    return layers;
  }

  /** The matrices of a layer, which a LoRA can adapt, by their names in TorchScript. */
  public List<String> adaptable() {
    return matrices().stream().map(Slot::name).toList();
  }

  private List<Slot> matrices() {
    return layer.stream().filter(slot -> slot.kind == Kind.MATRIX).toList();
  }

  /** Canonical paths of the modules that a LoRA can adapt, layer by layer. */
  public List<String> adaptableModules() {
    return IntStream.range(0, layers)
        .boxed()
        .flatMap(l -> matrices().stream().map(slot -> layerPrefix(l) + module(slot.tensor)))
        .toList();
  }

  private static String module(String tensor) {
    return tensor.replaceFirst("\\.weight$", "");
  }

  /** The types and readers of the program. */
  public Script script() {
    return new WeightScript(network, quantizable, stem, layer, tail).script();
  }
}
