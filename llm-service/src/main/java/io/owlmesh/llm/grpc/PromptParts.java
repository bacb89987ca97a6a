// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.llm.LlmEngine;
import io.owlmesh.llm.engine.EnginePrompt;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.model.text.PromptTokens;
import io.owlmesh.proto.llm.v1.PromptPart;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.stage.LineageCheck;
import io.owlmesh.wire.TensorCodec;
import java.util.ArrayList;
import java.util.List;

/**
 * The prompt of one call while its parts arrive. Refuses what cannot fit before it is kept.
 *
 * @see #tokens
 */
final class PromptParts {
  private static final int MAX_TEXT = 1 << 20;
  private static final int MAX_MARK = 64;
  private static final int MAX_MARKS = 4096;

  private final LlmEngine engine;
  private final List<Prompt.Part> parts = new ArrayList<>();
  private final List<HostTensor> images = new ArrayList<>();
  private long characters;
  private int marks;

  PromptParts(LlmEngine engine) {
    this.engine = engine;
  }

  void add(PromptPart part) {
    switch (part.getPartCase()) {
      case TEXT -> addText(part.getText());
      case VISUAL_TOKENS -> addImage(part.getVisualTokens());
      case MARK -> addMark(part.getMark());
      case HELD_IMAGE, PART_NOT_SET ->
          throw OwlException.badInput("part", "is neither text, mark nor visual tokens");
    }
  }

  private void addText(String text) {
    characters += text.length();
    if (characters > MAX_TEXT) {
      throw OwlException.badInput(
          "prompt", characters + " characters so far, the limit is " + MAX_TEXT);
    }
    parts.add(new Prompt.Text(text));
  }

  private void addMark(String token) {
    if (token.length() > MAX_MARK || engine.tokenizer().mark(token).isEmpty()) {
      throw OwlException.badInput("part.mark", "the tokenizer has no such mark");
    }
    marks++;
    if (marks > MAX_MARKS) {
      throw OwlException.badInput("prompt", "more than " + MAX_MARKS + " marks");
    }
    parts.add(new Prompt.Mark(token));
  }

  private void addImage(Tensor tokens) {
    ModelConfig config = engine.config();
    int context = config.language().context();
    int positions = (images.size() + 1) * config.visualTokens();
    if (positions >= context) {
      throw OwlException.badInput(
          "prompt",
          "%d images take %d positions, but the context is %d"
              .formatted(images.size() + 1, positions, context));
    }
    HostTensor tensor =
        TensorCodec.fromProto(
            tokens, "visual_tokens", config.visualTokens(), config.language().width());
    LineageCheck.visualTokens(tokens, engine.visionDigest(), engine.abstractorDigest());
    parts.add(new Prompt.Image());
    images.add(tensor);
  }

  /**
   * The positions of the whole prompt.
   *
   * @param room positions that must be left after it
   * @throws OwlException BAD_INPUT if it is empty or leaves less room in the context
   */
  PromptTokens tokens(int room) {
    if (parts.isEmpty()) {
      throw OwlException.badInput("prompt", "is empty; send parts before the options");
    }
    ModelConfig config = engine.config();
    PromptTokens tokens = config.encode(new Prompt(parts), engine.tokenizer());
    int context = config.language().context();
    if (tokens.length() + room > context) {
      throw OwlException.badInput(
          "prompt",
          "%d positions and %d to follow, but the context is %d"
              .formatted(tokens.length(), room, context));
    }
    return tokens;
  }

  /** Positions that images take. */
  int visualPositions() {
    return images.size() * engine.config().visualTokens();
  }

  int images() {
    return images.size();
  }

  /** The prompt for the engine. */
  EnginePrompt forEngine(PromptTokens tokens) {
    return new EnginePrompt(tokens, images);
  }
}
