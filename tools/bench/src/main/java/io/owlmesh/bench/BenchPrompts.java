// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.owlmesh.core.HostTensor;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.proto.llm.v1.DescribeResponse;
import io.owlmesh.proto.llm.v1.PromptPart;
import io.owlmesh.proto.tensor.v1.Lineage;
import io.owlmesh.wire.TensorCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What a serving engine is asked, in the template of its model. */
final class BenchPrompts {
  private static final String WORDS = "The owl looks at the picture and tells what it sees there. ";

  private final ModelConfig config;
  private final DescribeResponse model;
  private final Random random = new Random();

  BenchPrompts(ModelConfig config, DescribeResponse model) {
    this.config = config;
    this.model = model;
  }

  /** A short prompt that was never seen before. */
  List<PromptPart> text() {
    return List.of(part(asked(Long.toString(random.nextLong(), 36) + "?")));
  }

  /** A question as it stands in a prompt, with the opening of its answer. */
  private String asked(String question) {
    ChatTemplate template = config.chatTemplate();
    return template.opening(Role.HUMAN) + question + template.opening(Role.AI);
  }

  private static PromptPart part(String text) {
    return PromptPart.newBuilder().setText(text).build();
  }

  /** Visual tokens that were never seen before. */
  private PromptPart image() {
    float[] values = new float[config.visualTokens() * config.language().width()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian() / 50;
    }
    Lineage lineage =
        Lineage.newBuilder()
            .setContentKey(Long.toHexString(random.nextLong()))
            .setVisionDigest(model.getVisionDigest())
            .setAbstractorDigest(model.getAbstractorDigest())
            .build();
    HostTensor tensor =
        HostTensor.ofFloats(values, config.visualTokens(), config.language().width());
    return PromptPart.newBuilder().setVisualTokens(TensorCodec.toProto(tensor, lineage)).build();
  }

  /** A prompt of so many sentences, never seen before. */
  List<PromptPart> sentences(int count) {
    return List.of(part(Long.toString(random.nextLong(), 36) + WORDS.repeat(count)));
  }

  /** How long a sentence is, which the served tokenizer decides. */
  double positionsPerSentence(EngineClient client) {
    return (positions(client, 20) - positions(client, 10)) / 10.0;
  }

  private int positions(EngineClient client, int sentences) {
    return client
        .ask(sentences(sentences), EngineClient.exactly(1).build())
        .join()
        .end()
        .getUsage()
        .getPromptTokens();
  }

  /** A prompt of at least so many positions, never seen before. */
  List<PromptPart> longPrompt(int positions) {
    StringBuilder text = new StringBuilder(Long.toString(random.nextLong(), 36));
    int perSentence = WORDS.length() / 5;
    for (int at = 0; at < positions; at += perSentence) {
      text.append(WORDS);
    }
    return List.of(part(text.toString()));
  }

  /** An image, a question, and an answer of some sentences. */
  List<PromptPart> conversation() {
    return List.of(
        part(config.chatTemplate().system() + config.chatTemplate().opening(Role.HUMAN)),
        image(),
        part(asked("What is in the picture, and what else can be said about it?")),
        part(WORDS.repeat(6)));
  }

  /** A conversation with its answer, and a second question. */
  List<PromptPart> nextTurn(List<PromptPart> first) {
    List<PromptPart> parts = new ArrayList<>(first);
    parts.add(part(asked("And what does it do?")));
    return parts;
  }
}
