// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import io.owlmesh.core.OwlException;
import java.util.ArrayList;
import java.util.List;

/**
 * What the language model reads: text with images at their places. No text is empty and no two
 * texts are neighbours, because where a text is cut decides its token ids.
 *
 * @param parts in order
 */
public record Prompt(List<Part> parts) {
  private static final String PLACEHOLDER = "<image>";

  /** A stretch of text, or the place of one image. */
  public sealed interface Part {}

  /** Text, whatever it spells: {@code <image>} in it is no placeholder. */
  public record Text(String text) implements Part {}

  /** The place of the next image. */
  public record Image() implements Part {}

  /**
   * Joins neighbouring texts and drops empty ones.
   *
   * @throws OwlException BAD_INPUT, field {@code prompt}, if all text exceeds 1 MiB of UTF-8
   */
  public Prompt {
    List<Part> joined = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    for (Part part : parts) {
      switch (part) {
        case Text(String more) -> text.append(more);
        case Image image -> {
          addText(text, joined);
          joined.add(image);
        }
      }
    }
    addText(text, joined);
    parts = List.copyOf(joined);
    TextLimit.check("prompt", texts(parts));
  }

  private static void addText(StringBuilder text, List<Part> parts) {
    if (!text.isEmpty()) {
      parts.add(new Text(text.toString()));
      text.setLength(0);
    }
  }

  private static List<String> texts(List<Part> parts) {
    return parts.stream().filter(Text.class::isInstance).map(part -> ((Text) part).text()).toList();
  }

  /**
   * Reads the textual form of the reference, in which every {@code <image>} is the place of an
   * image. Not for text that users typed.
   *
   * @throws OwlException BAD_INPUT as for the constructor
   */
  public static Prompt parse(String text) {
    List<Part> parts = new ArrayList<>();
    int start = 0;
    for (int at = text.indexOf(PLACEHOLDER); at >= 0; at = text.indexOf(PLACEHOLDER, start)) {
      parts.add(new Text(text.substring(start, at)));
      parts.add(new Image());
      start = at + PLACEHOLDER.length();
    }
    parts.add(new Text(text.substring(start)));
    return new Prompt(parts);
  }

  /** Number of images, whose visual tokens are spliced in, in order. */
  public int images() {
    return (int) parts.stream().filter(Image.class::isInstance).count();
  }

  /**
   * The positions of this prompt: the start of the sequence, then every text cut by itself and its
   * positions per image. The reference takes images without text between for one; here each has its
   * own positions.
   *
   * @throws OwlException BAD_CHECKPOINT if the tokeniser gives an id that the model does not embed;
   *     BAD_INPUT if there are more positions than an array can hold
   */
  public PromptTokens encode(Tokenizer tokenizer, PromptTokens.Layout layout) {
    PromptTokens.Builder tokens = new PromptTokens.Builder(layout);
    for (Part part : parts) {
      switch (part) {
        case Text(String text) -> tokens.text(tokenizer.encode(text));
        case Image _ -> tokens.image();
      }
    }
    return tokens.build();
  }
}
