// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import com.google.protobuf.ByteString;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.Fault;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.llm.LlmEngine;
import io.owlmesh.llm.engine.EnginePrompt;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.model.text.PromptTokens;
import io.owlmesh.proto.llm.v1.PromptPart;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.stage.LineageCheck;
import io.owlmesh.wire.TensorCodec;
import io.owlmesh.wire.identity.Caller;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The prompt of one call of the current caller while its parts arrive. Refuses what cannot fit
 * before it is kept.
 *
 * @see #tokens
 */
final class PromptParts {
  private static final int MAX_TEXT = 1 << 20;
  private static final int MAX_NAME = 32;
  private static final int MAX_MARK = 64;
  private static final int MAX_MARKS = 4096;

  private final LlmEngine engine;
  private final Tenant tenant = Caller.currentOwner();
  private final List<Prompt.Part> parts = new ArrayList<>();
  private final List<HostTensor> images = new ArrayList<>();
  private final PromptChains chains = new PromptChains();
  private long characters;
  private int marks;

  PromptParts(LlmEngine engine) {
    this.engine = engine;
  }

  void add(PromptPart part) {
    switch (part.getPartCase()) {
      case TEXT -> addText(part.getText());
      case MARK -> addMark(part.getMark());
      case VISUAL_TOKENS -> addImage(() -> visualTokens(part.getVisualTokens()));
      case HELD_IMAGE -> addImage(() -> held(part.getHeldImage()));
      case PART_NOT_SET ->
          throw OwlException.badInput("part", "is neither text, mark nor visual tokens");
    }
    if (!part.getImageKey().isEmpty()) {
      ByteString key = name("image_key", part.getImageKey());
      if (part.hasText() || part.hasMark()) {
        throw OwlException.badInput("image_key", "stands beside no image");
      }
      engine.heldImages().put(tenant, key, images.getLast());
    }
    if (!part.getChain().isEmpty()) {
      chains.name(name("chain", part.getChain()));
    }
  }

  /** A name of its own: one of a message would keep the whole message. */
  private static ByteString name(String field, ByteString name) {
    if (name.isEmpty() || name.size() > MAX_NAME) {
      throw OwlException.badInput(field, name.size() + " bytes, allowed are 1 to " + MAX_NAME);
    }
    return ByteString.copyFrom(name.toByteArray());
  }

  private HostTensor held(ByteString key) {
    return engine
        .heldImages()
        .get(tenant, name("held_image", key))
        .orElseThrow(() ->
            new OwlException(
                Fault.CONFLICT, "held_image", "is not kept any more; send the visual tokens"));
  }

  private HostTensor visualTokens(Tensor tokens) {
    ModelConfig config = engine.config();
    HostTensor tensor =
        TensorCodec.fromProto(
            tokens, "visual_tokens", config.visualTokens(), config.language().width());
    LineageCheck.visualTokens(tokens, engine.visionDigest(), engine.abstractorDigest());
    return tensor;
  }

  private void addText(String text) {
    characters += text.length();
    if (characters > MAX_TEXT) {
      throw OwlException.badInput(
          "prompt", characters + " characters so far, the limit is " + MAX_TEXT);
    }
    parts.add(new Prompt.Text(text));
    chains.text(text);
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

  private void addImage(Supplier<HostTensor> image) {
    ModelConfig config = engine.config();
    int context = config.language().context();
    int positions = (images.size() + 1) * config.visualTokens();
    if (positions >= context) {
      throw new OwlException(
          ErrorCode.CONTEXT_LENGTH_EXCEEDED,
          "prompt",
          "%d images take %d positions, but the context is %d"
              .formatted(images.size() + 1, positions, context));
    }
    images.add(image.get());
    parts.add(new Prompt.Image());
    chains.image();
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
      throw new OwlException(
          ErrorCode.CONTEXT_LENGTH_EXCEEDED,
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
    return new EnginePrompt(tokens, images, chains.in(tokens, engine.tokenizer()), tenant);
  }
}
