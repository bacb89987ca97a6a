// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.Sets;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.ChatTemplate;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.Set;
import java.util.function.Function;

/**
 * A request for completions as far as it can be read without its images. What cannot be done is
 * refused, never ignored, but for what has no effect on an answer.
 *
 * @param model as the caller names it
 * @param includeUsage whether a stream ends with counts
 */
record CompletionRequest(
    String model,
    ChatMessages dialogue,
    CompletionParams choices,
    boolean stream,
    boolean includeUsage) {
  private static final Set<String> READ =
      Sets.union(Set.of("model", "messages", "stream", "stream_options"), CompletionParams.READ);

  // An empty object takes two bytes of a request and fifty times as much of memory.
  private static final int MAX_TOKENS = 100_000;

  /** The length of a string is bounded by that of the request alone: images are strings. */
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxStringLength(Integer.MAX_VALUE)
                          .maxNestingDepth(200)
                          .maxTokenCount(MAX_TOKENS)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .build();

  /**
   * Reads a request.
   *
   * @param maxImages in all messages together
   * @param template by which dialogues with a model are laid out
   * @throws OwlException BAD_INPUT naming the field
   */
  static CompletionRequest of(Buffer body, int maxImages, Function<String, ChatTemplate> template) {
    Field request = read(body);
    NeutralDefaults.REQUEST.check(request, READ);
    Field stream = request.get("stream");
    boolean streamed = !stream.isAbsent() && stream.flag();
    String model = request.get("model").text();
    return new CompletionRequest(
        model,
        ChatMessages.of(request.get("messages"), maxImages, () -> template.apply(model)),
        CompletionParams.of(request),
        streamed,
        streamed && includesUsage(request.get("stream_options")));
  }

  private static Field read(Buffer body) {
    try {
      return new Field("", MAPPER.readTree(body.getBytes())).requireObject();
    } catch (JsonProcessingException e) {
      throw OwlException.badInput(
          "body", "is no JSON that is read here: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw OwlException.badInput("body", "is no JSON");
    }
  }

  private static boolean includesUsage(Field options) {
    if (options.isAbsent()) {
      return false;
    }
    options
        .requireObject()
        .requireNoneBut(Set.of("include_usage", "include_obfuscation", "continuous_usage_stats"));
    Field usage = options.get("include_usage");
    return !usage.isAbsent() && usage.flag();
  }
}
