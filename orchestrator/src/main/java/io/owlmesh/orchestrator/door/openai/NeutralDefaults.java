// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.Map;
import java.util.Set;

/**
 * The one table of fields that have no effect here: what describes the caller, and what clients and
 * frameworks send although it is off. Another value of these asks for what the model cannot do.
 */
final class NeutralDefaults {
  private enum Kind {
    /** An array or object without anything in it. */
    EMPTY,
    /** Every value. */
    ANY
  }

  /** Fields of a request, and their values that mean "off". */
  static final NeutralDefaults REQUEST =
      new NeutralDefaults(
          new ImmutableMap.Builder<String, Set<Object>>()
              // What describes the caller or the request, or where it is served from.
              .put("user", Set.of(Kind.ANY))
              .put("metadata", Set.of(Kind.ANY))
              .put("service_tier", Set.of(Kind.ANY))
              .put("safety_identifier", Set.of(Kind.ANY))
              .put("prompt_cache_key", Set.of(Kind.ANY))
              .put("prompt_cache_retention", Set.of(Kind.ANY))
              .put("request_id", Set.of(Kind.ANY))
              .put("cache_salt", Set.of(Kind.ANY))
              .put("keep_alive", Set.of(Kind.ANY))
              .put("guided_decoding_backend", Set.of(Kind.ANY))
              // Tools.
              .put("functions", Set.of(Kind.EMPTY))
              .put("function_call", Set.of("none", "auto"))
              .put("parallel_tool_calls", Set.of(Kind.ANY))
              // What other models can.
              .put("audio", Set.of(Kind.EMPTY))
              .put("prediction", Set.of(Kind.EMPTY))
              .put("web_search_options", Set.of())
              .put("logit_bias", Set.of(Kind.EMPTY))
              .put("store", Set.of(false))
              .put("reasoning_effort", Set.of("none"))
              .put("reasoning", Set.of(Kind.EMPTY))
              .put("include_reasoning", Set.of(Kind.ANY))
              .put("verbosity", Set.of(Kind.ANY))
              .put("think", Set.of(false))
              .put("enable_thinking", Set.of(false))
              // How other engines choose, write and end.
              .put("ignore_eos", Set.of(false))
              .put("stop_token_ids", Set.of(Kind.EMPTY))
              .put("include_stop_str_in_output", Set.of(false))
              .put("skip_special_tokens", Set.of(true))
              .put("spaces_between_special_tokens", Set.of(true))
              .put("bad_words", Set.of(Kind.EMPTY))
              .put("allowed_token_ids", Set.of(Kind.EMPTY))
              .put("logits_processors", Set.of(Kind.EMPTY))
              .put("typical_p", Set.of(1))
              .put("tfs_z", Set.of(1))
              .put("mirostat", Set.of(0))
              .put("repeat_penalty", Set.of(1))
              .put("truncate_prompt_tokens", Set.of(-1))
              .put("prompt_logprobs", Set.of())
              .put("echo", Set.of(false))
              .put("return_token_ids", Set.of(false))
              .put("return_tokens_as_token_ids", Set.of(false))
              .put("priority", Set.of(0))
              // How other models' prompts are laid out.
              .put("chat_template", Set.of())
              .put("chat_template_kwargs", Set.of(Kind.EMPTY))
              .put("mm_processor_kwargs", Set.of(Kind.EMPTY))
              .put("documents", Set.of(Kind.EMPTY))
              .put("add_generation_prompt", Set.of(true))
              .put("continue_final_message", Set.of(true, false))
              .put("add_special_tokens", Set.of(true, false))
              .put("guided_grammar", Set.of(""))
              .put("guided_whitespace_pattern", Set.of(""))
              .buildOrThrow());

  /** Fields of a message. */
  static final NeutralDefaults MESSAGE =
      new NeutralDefaults(
          new ImmutableMap.Builder<String, Set<Object>>()
              .put("id", Set.of(Kind.ANY))
              .put("name", Set.of(Kind.ANY))
              .put("refusal", Set.of(Kind.ANY))
              .put("annotations", Set.of(Kind.ANY))
              .put("cache_control", Set.of(Kind.ANY))
              .put("metadata", Set.of(Kind.ANY))
              .put("reasoning", Set.of(Kind.ANY))
              .put("reasoning_content", Set.of(Kind.ANY))
              .put("prefix", Set.of(Kind.ANY))
              .put("tool_calls", Set.of(Kind.EMPTY))
              .put("function_call", Set.of(Kind.EMPTY))
              .put("audio", Set.of(Kind.EMPTY))
              .put("images", Set.of(Kind.EMPTY))
              .buildOrThrow());

  /** Fields of a part of a message. */
  static final NeutralDefaults PART =
      new NeutralDefaults(
          ImmutableMap.of(
              "id",
              Set.of(Kind.ANY),
              "cache_control",
              Set.of(Kind.ANY),
              "annotations",
              Set.of(Kind.ANY)));

  private final ImmutableMap<String, Set<Object>> neutral;

  private NeutralDefaults(Map<String, Set<Object>> neutral) {
    this.neutral = ImmutableMap.copyOf(neutral);
  }

  /**
   * Refuses the fields of an object that nobody looks at, unless their values have no effect.
   *
   * @param read fields that somebody looks at
   */
  void check(Field object, Set<String> read) {
    for (String name : (Iterable<String>) object.value()::fieldNames) {
      Field field = object.get(name);
      if (field.isAbsent() || read.contains(name)) {
        continue;
      }
      Set<Object> values = neutral.getOrDefault(name, ImmutableSet.of());
      field.require(values.stream().anyMatch(value -> isNeutral(field, value)), "is not supported");
    }
  }

  private static boolean isNeutral(Field field, Object value) {
    if (value == Kind.ANY) {
      return true;
    }
    return value == Kind.EMPTY
        ? field.value().isContainerNode() && field.value().isEmpty()
        : field.is(value);
  }
}
