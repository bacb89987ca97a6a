// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.ChatTemplates;
import io.owlmesh.model.text.jinja.JinjaTemplate;
import io.owlmesh.proto.llm.v1.Model;
import java.util.List;

/**
 * What stages that fit together serve.
 *
 * @param model what it is called
 * @param family of it, for example {@code mplug-owl}
 * @param context positions of prompt and answer together
 * @param visualTokens of one image
 * @param readsQuestion whether they depend on what is asked of it
 * @param usualNewTokens of an answer whose request names no limit; 0 if not known
 * @param template by which dialogues are laid out for the language model
 * @param digests of the weights of all stages
 * @param adapters that requests may name
 * @param examples questions that fit the model, a JSON array
 */
public record MeshInfo(
    String model,
    String family,
    int context,
    int visualTokens,
    boolean readsQuestion,
    int usualNewTokens,
    ChatTemplate template,
    WeightDigests digests,
    List<String> adapters,
    String examples) {
  private static final String NO_EXAMPLES = "[]";

  /** SHA-256 of the weights that each stage serves. */
  public record WeightDigests(String vision, String abstractor, String language) {}

  /**
   * What a language model answers with.
   *
   * @param name what it is called
   * @param readsQuestion whether visual tokens depend on what is asked of an image
   * @param adapters by name
   * @throws OwlException INTERNAL if it wants a chat template that is not known here
   */
  static MeshInfo of(String name, Model language, boolean readsQuestion, List<String> adapters) {
    var llm = language.getDescription();
    return new MeshInfo(
        name,
        llm.getModelType(),
        llm.getContext(),
        llm.getVisualTokens(),
        readsQuestion,
        language.getLimits().getDefaultNewTokens(),
        template(llm.getChatTemplate(), llm.getChatTemplateSource()),
        new WeightDigests(
            llm.getVisionDigest(), llm.getAbstractorDigest(), llm.getLanguageDigest()),
        adapters,
        llm.getExamples().isEmpty() ? NO_EXAMPLES : llm.getExamples());
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
}
