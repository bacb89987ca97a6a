// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.ChatTemplates;
import io.owlmesh.model.text.jinja.JinjaTemplate;
import io.owlmesh.proto.llm.v1.Adapter;
import io.owlmesh.proto.llm.v1.Model;
import java.util.List;

/**
 * What the three stages say of themselves, if they fit together.
 *
 * @param model what it is called
 * @param family of it, for example {@code mplug-owl}
 * @param context positions of prompt and answer together
 * @param visualTokens of one image
 * @param readsQuestion whether they depend on what is asked of it
 * @param template by which dialogues are laid out for the language model
 * @param digests of the weights of all stages
 * @param adapters that requests may name
 */
public record MeshInfo(
    String model,
    String family,
    int context,
    int visualTokens,
    boolean readsQuestion,
    ChatTemplate template,
    WeightDigests digests,
    List<String> adapters) {
  /** SHA-256 of the weights that each stage serves. */
  public record WeightDigests(String vision, String abstractor, String language) {}

  /**
   * Puts the descriptions together.
   *
   * @throws OwlException OTHER_WEIGHTS naming both digests if a stage serves another checkpoint;
   *     INTERNAL if the language model wants a chat template that is not known here
   */
  public static MeshInfo of(
      io.owlmesh.proto.vision.v1.DescribeResponse vision,
      io.owlmesh.proto.abstractor.v1.DescribeResponse abstractor,
      Model language) {
    var llm = language.getDescription();
    same("vision", vision.getVisionDigest(), "abstractor", abstractor.getVisionDigest());
    same("vision", vision.getVisionDigest(), "llm", llm.getVisionDigest());
    same("abstractor", abstractor.getAbstractorDigest(), "llm", llm.getAbstractorDigest());
    return new MeshInfo(
        language.getName(),
        llm.getModelType(),
        llm.getContext(),
        llm.getVisualTokens(),
        abstractor.getReadsQuestion(),
        template(llm.getChatTemplate(), llm.getChatTemplateSource()),
        new WeightDigests(
            vision.getVisionDigest(), abstractor.getAbstractorDigest(), llm.getLanguageDigest()),
        language.getAdaptersList().stream().map(Adapter::getName).toList());
  }

  /** Names what makes visual tokens here. */
  public String visualWeights() {
    return visualWeights(digests.vision(), digests.abstractor());
  }

  /** Names weights that make visual tokens, by the digests of both stages. */
  public static String visualWeights(String visionDigest, String abstractorDigest) {
    return visionDigest + " " + abstractorDigest;
  }

  private static ChatTemplate template(String name, String source) {
    ChatTemplate named = named(name);
    return source.isEmpty() ? named : JinjaTemplate.of(source, named);
  }

  private static ChatTemplate named(String name) {
    return ChatTemplates.named(name)
        .orElseThrow(() ->
            new OwlException(
                Fault.INTERNAL,
                "",
                "the llm stage wants the chat template '%s'; known are %s"
                    .formatted(name, ChatTemplates.names())));
  }

  private static void same(String maker, String made, String reader, String expected) {
    if (!made.equals(expected)) {
      throw new OwlException(
          Fault.OTHER_WEIGHTS,
          "",
          "the stages serve different checkpoints: %s runs weights %s, but %s expects %s"
              .formatted(maker, made, reader, expected));
    }
  }
}
