// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import io.owlmesh.core.OwlException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the language model reads: text with images at their places. No text is empty and no two
 * texts are neighbours, because where a text is cut decides its token ids.
 *
 * @param parts in order
 */
public record Prompt(List<Part> parts) {
  private static final Pattern PLACEHOLDER = Pattern.compile("<image>|</s>");

  /** A stretch of text, or the place of one image. */
  public sealed interface Part {}

  /** Text, whatever it spells: {@code <image>} in it is no placeholder. */
  public record Text(String text) implements Part {}

  /** The place of the next image. */
  public record Image() implements Part {}

  /** A token that no text becomes, by its name, for example {@code </s>} after an answer. */
  public record Mark(String token) implements Part {}

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
        case Mark mark -> {
          addText(text, joined);
          joined.add(mark);
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
   * image, and {@code </s>} a mark. Not for text that users typed.
   *
   * @throws OwlException BAD_INPUT as for the constructor
   */
  public static Prompt parse(String text) {
    return parse(text, PLACEHOLDER);
  }

  /** As above, where every match of an expression is the place of an image, but for marks. */
  public static Prompt parse(String text, Pattern places) {
    List<Part> parts = new ArrayList<>();
    int start = 0;
    for (Matcher place = places.matcher(text); place.find(); start = place.end()) {
      parts.add(new Text(text.substring(start, place.start())));
      parts.add(place.group().equals("</s>") ? new Mark(place.group()) : new Image());
    }
    parts.add(new Text(text.substring(start)));
    return new Prompt(parts);
  }

  /** Number of images, whose visual tokens are spliced in, in order. */
  public int images() {
    return (int) parts.stream().filter(Image.class::isInstance).count();
  }

  private List<String> marks() {
    return parts.stream()
        .filter(Mark.class::isInstance)
        .map(part -> ((Mark) part).token())
        .toList();
  }

  /** All text of it, joined. */
  public String text() {
    return String.join("", texts(parts));
  }

  /**
   * The positions of this prompt: the start of the sequence, unless a mark is it, then every text
   * cut by itself, a position per mark and its positions per image. The reference takes images
   * without text between for one; here each has its own positions.
   *
   * @throws OwlException BAD_CHECKPOINT if the tokeniser gives an id that the model does not embed,
   *     or lacks a mark; BAD_INPUT if there are more positions than an array can hold
   */
  public PromptTokens encode(Tokenizer tokenizer, PromptTokens.Layout layout) {
    boolean begun = marks().stream().anyMatch(mark -> tokenizer.requireMark(mark) == layout.bos());
    PromptTokens.Builder tokens = new PromptTokens.Builder(layout, !begun);
    for (Part part : parts) {
      switch (part) {
        case Text(String text) -> tokens.text(tokenizer.encode(text, tokens.beginsText()));
        case Mark(String token) -> tokens.text(new int[] {tokenizer.requireMark(token)});
        case Image _ -> tokens.image();
      }
    }
    return tokens.build();
  }
}
