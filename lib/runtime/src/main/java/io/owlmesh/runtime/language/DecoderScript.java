// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import io.owlmesh.model.family.WeightLayout;
import io.owlmesh.model.script.NamedTuple;
import io.owlmesh.model.script.NamedTuple.Field;
import io.owlmesh.model.script.Script;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What every language model's program has beside its block: the cache, adapters, steps. */
public final class DecoderScript {
  private static final String RESOURCE = "/io/owlmesh/runtime/language/decoder.torchscript";

  /** The kinds of numbers of a step, in the order in which they are handed over. */
  enum StepNumbers {
    /** Of each row; negative at visual tokens. */
    IDS,
    /** Of each row, in its sequence. */
    POSITIONS,
    /** Of each row, in the cache. */
    SLOTS,
    /** Rows whose logits are wanted. */
    LAST,
    /** {@link VisualPiece}s. */
    PIECES,
    /** {@link AdapterSpan}s. */
    SPANS,
    /** Of each segment a {@link SegmentPlan}, then its {@link Stretch}es. */
    PLAN
  }

  /**
   * Rows that are visual tokens.
   *
   * @param row first one
   * @param token first of the image's tokens
   * @param image index among the images of the step
   */
  record VisualPiece(int row, int token, int rows, int image) {}

  /**
   * Rows of one adapter.
   *
   * @param row first one
   */
  record AdapterSpan(int row, int rows, int adapter) {}

  /**
   * What the rows of a segment attend to.
   *
   * @param own 1 if, causally, to each other
   * @param stretches of the cache that follow
   */
  record SegmentPlan(int rows, int own, int stretches) {}

  /**
   * Positions of the cache that lie side by side.
   *
   * @param slot first one
   */
  record Stretch(int slot, int length) {}

  /** A and B of one matrix in one adapter. */
  private static final NamedTuple LORA =
      new NamedTuple(
          "Lora", List.of(new Field("a", "Tensor"), new Field("b", "Tensor"), bool("present")));

  /**
   * What the rows of a call have in common. tables: position tables at their positions; few: rows
   * up to which matrices of 8 bits pay; slots, segments: as in {@link StepNumbers}, unused where
   * sequences is not 0: in training, the rows are so many whole sequences. scaling: of the LoRA,
   * where B does not hold it; dropout: of what A reads; bias: what is added to the scores of keys
   * by their positions [heads, positions], or empty.
   */
  private static final NamedTuple ROWS =
      new NamedTuple(
          "Rows",
          List.of(
              new Field("tables", "List[Tensor]"),
              new Field("adapters", "List[__torch__.AdapterSpan]"),
              new Field("few", "int"),
              new Field("slots", "Tensor"),
              new Field("segments", "List[__torch__.Segment]"),
              new Field("sequences", "int"),
              new Field("scaling", "float"),
              new Field("dropout", "float"),
              new Field("bias", "Tensor")));

  /** A {@link SegmentPlan} with its stretches. */
  private static final NamedTuple SEGMENT =
      new NamedTuple(
          "Segment",
          List.of(
              new Field("rows", "int"),
              new Field("own", "int"),
              new Field("stretches", "List[__torch__.Stretch]")));

  private DecoderScript() {}

  private static Field bool(String name) {
    return new Field(name, "bool");
  }

  /** For a language model of these tensors. */
  public static Script of(WeightLayout weights) {
    NamedTuple numbers =
        new NamedTuple(
            "StepNumbers",
            Arrays.stream(StepNumbers.values())
                .map(kind -> new Field(kind.name().toLowerCase(Locale.ROOT), "Tensor"))
                .toList());
    NamedTuple piece = NamedTuple.of(VisualPiece.class);
    NamedTuple span = NamedTuple.of(AdapterSpan.class);
    NamedTuple plan = NamedTuple.of(SegmentPlan.class);
    NamedTuple stretch = NamedTuple.of(Stretch.class);
    NamedTuple loras =
        new NamedTuple(
            "LanguageLora",
            weights.adaptable().stream()
                .map(name -> new Field(name, "List[" + LORA.type() + "]"))
                .toList());
    return new Script(
        List.of(LORA, loras, numbers, piece, span, plan, stretch, SEGMENT, ROWS),
        List.of(
            numbers.reader(),
            piece.reader(),
            span.reader(),
            plan.reader(),
            stretch.reader(),
            loraReader(loras)),
        List.of(RESOURCE));
  }

  /**
   * {@code language_lora(t, adapters, layers, l)}: the matrices of a layer in all adapters; {@code
   * language_loras(t, adapters, layers)}: of each layer. t: A and B of each matrix of each layer of
   * each adapter.
   */
  private static String loraReader(NamedTuple type) {
    int matrices = type.fields().size();
    String values =
        IntStream.range(0, matrices)
            .mapToObj(m -> "self.loras_of(t, adapters, layers, l, %d, %d)".formatted(matrices, m))
            .collect(Collectors.joining(", "));
    String one = "self: __torch__.Net, t: List[Tensor], adapters: int, layers: int";
    return """
      def language_lora(%1$s, l: int) -> %2$s:
        return %2$s(%3$s)
      def language_loras(%1$s) -> List[%2$s]:
        out = annotate(List[%2$s], [])
        for l in range(layers):
          torch.append(out, self.language_lora(t, adapters, layers, l))
        return out
    """
        .formatted(one, type.type(), values);
  }
}
