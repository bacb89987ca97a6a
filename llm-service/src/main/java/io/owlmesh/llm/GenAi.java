// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.owlmesh.proto.llm.v1.FinishReason;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.Usage;
import java.util.List;
import java.util.Locale;

/** Attributes of answers by the names of OpenTelemetry's semantic conventions for generative AI. */
public final class GenAi {
  public static final AttributeKey<String> OPERATION =
      AttributeKey.stringKey("gen_ai.operation.name");
  public static final AttributeKey<String> PROVIDER =
      AttributeKey.stringKey("gen_ai.provider.name");
  public static final AttributeKey<String> MODEL = AttributeKey.stringKey("gen_ai.request.model");
  public static final AttributeKey<String> TOKEN_TYPE = AttributeKey.stringKey("gen_ai.token.type");
  public static final String TEXT_COMPLETION = "text_completion";
  public static final String OWLMESH = "owlmesh";

  private static final AttributeKey<List<String>> FINISH_REASONS =
      AttributeKey.stringArrayKey("gen_ai.response.finish_reasons");
  private static final AttributeKey<List<String>> STOP =
      AttributeKey.stringArrayKey("gen_ai.request.stop_sequences");

  private GenAi() {}

  /** What is asked for. */
  public static void request(Span span, String model, GenerationOptions options) {
    span.setAttribute(OPERATION, TEXT_COMPLETION);
    span.setAttribute(PROVIDER, OWLMESH);
    span.setAttribute(MODEL, model);
    span.setAttribute("gen_ai.request.temperature", options.getTemperature());
    if (options.hasMaxNewTokens()) {
      span.setAttribute("gen_ai.request.max_tokens", options.getMaxNewTokens());
    }
    if (options.hasTopP()) {
      span.setAttribute("gen_ai.request.top_p", options.getTopP());
    }
    if (options.hasTopK()) {
      span.setAttribute("gen_ai.request.top_k", options.getTopK());
    }
    if (options.hasSeed()) {
      span.setAttribute("gen_ai.request.seed", options.getSeed());
    }
    if (options.hasN()) {
      span.setAttribute("gen_ai.request.choice.count", options.getN());
    }
    if (options.getStopCount() > 0) {
      span.setAttribute(STOP, List.copyOf(options.getStopList()));
    }
  }

  /** What came of it. */
  public static void response(Span span, Usage usage, List<FinishReason> reasons) {
    span.setAttribute("gen_ai.usage.input_tokens", usage.getPromptTokens());
    span.setAttribute("gen_ai.usage.output_tokens", usage.getCompletionTokens());
    span.setAttribute(FINISH_REASONS, reasons.stream().map(GenAi::named).toList());
  }

  private static String named(FinishReason reason) {
    return reason.name().substring("FINISH_REASON_".length()).toLowerCase(Locale.ROOT);
  }
}
