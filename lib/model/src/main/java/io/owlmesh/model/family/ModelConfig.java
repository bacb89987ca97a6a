// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.DType;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.image.ImageProcessor;
import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.model.text.PromptTokens;
import io.owlmesh.model.text.Tokenizer;
import io.owlmesh.model.text.jinja.JinjaTemplate;
import java.nio.file.Path;
import java.util.Map;

/** One model of a family: its sizes, validated, and everything that depends on them. */
public interface ModelConfig {
  /** The {@code model_type} of its config.json. */
  String modelType();

  /** Side of the square input of the vision tower, pixels. */
  int imageSize();

  /** Rows P of the features of an image. */
  int featureTokens();

  /** Channels D of the features. */
  int featureWidth();

  /** Rows T of the visual tokens of an image: positions that it takes in a prompt. */
  int visualTokens();

  LanguageConfig language();

  NetworkSpec visionNetwork();

  NetworkSpec connectorNetwork();

  NetworkSpec languageNetwork();

  /** From a picture to the pixels that the vision tower reads. */
  ImageProcessor imageProcessor();

  /** How dialogues are laid out for its family. */
  ChatTemplate chatTemplate();

  /**
   * How dialogues are laid out for it: by the template that lies with the checkpoint, else by its
   * family's.
   *
   * @throws OwlException BAD_CHECKPOINT if the template is not understood
   */
  default ChatTemplate chatTemplate(Path checkpointFolder) {
    return JinjaTemplate.source(checkpointFolder)
        .<ChatTemplate>map(source -> JinjaTemplate.of(source, chatTemplate()))
        .orElseGet(this::chatTemplate);
  }

  /**
   * The positions of a prompt: the start of the sequence, then every text cut by itself and {@link
   * #visualTokens} positions per image.
   *
   * @throws io.owlmesh.core.OwlException BAD_CHECKPOINT if the tokeniser gives an id that the model
   *     does not embed; BAD_INPUT if there are more positions than an array can hold
   */
  default PromptTokens encode(Prompt prompt, Tokenizer tokenizer) {
    return prompt.encode(
        tokenizer,
        new PromptTokens.Layout(language().bos(), language().vocabulary(), visualTokens()));
  }

  /**
   * The tokeniser that lies with the checkpoint.
   *
   * @throws OwlException BAD_CHECKPOINT as {@link Tokenizer#open} has it
   */
  default Tokenizer tokenizer(Path checkpointFolder) {
    return Tokenizer.open(checkpointFolder);
  }

  /**
   * Refuses a tokeniser that makes of text what the model has no embedding for.
   *
   * @throws OwlException BAD_CHECKPOINT, field {@code tokenizer}
   */
  default void requireEmbedded(Tokenizer tokenizer) {
    if (tokenizer.textIds() > language().vocabulary()) {
      throw OwlException.badCheckpoint(
          "tokenizer",
          "text may become the id %d; the model embeds %d"
              .formatted(tokenizer.textIds() - 1, language().vocabulary()));
    }
  }

  /** Whether an answer may hold an id; not the places of images, for example. */
  default boolean answers(int id) {
    return true;
  }

  /** Whether the connector reads what is asked of an image, so that visual tokens depend on it. */
  default boolean readsQuestion() {
    return false;
  }

  /**
   * What makes ids of questions for a connector that reads them; no ids for others.
   *
   * @throws OwlException BAD_CHECKPOINT if its files are missing or damaged
   */
  default QuestionTokenizer questionTokenizer(Path checkpointFolder) {
    return _ -> new int[0];
  }

  /** From a question to the ids that a connector reads. */
  @FunctionalInterface
  interface QuestionTokenizer {
    int[] ids(String question);
  }

  /** Tensors that may be absent, each with the one that then stands in for it. */
  Map<String, String> tiedTensors();

  /** Whether a tensor that files hold is one that nothing reads. */
  default boolean isUnused(String tensor) {
    return false;
  }

  /** Whether a tensor of the connector is one of its learned queries. */
  boolean isQuery(String tensor);

  /** Whether a tensor of the connector is of its last linear layer, into the language model. */
  boolean isProjection(String tensor);

  /**
   * The same widths with fewer layers in each network.
   *
   * @throws io.owlmesh.core.OwlException BAD_INPUT unless 1 to the layers of the shallowest one
   */
  ModelConfig withLayers(int layers);

  /**
   * The configuration files of a checkpoint, by name; reading them gives an equal configuration.
   *
   * @param dtype of the weights
   */
  Map<String, ObjectNode> files(DType dtype);
}
