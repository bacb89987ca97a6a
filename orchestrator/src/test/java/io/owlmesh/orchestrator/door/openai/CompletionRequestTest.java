// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.DialogueText;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.vertx.core.buffer.Buffer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What requests say, and which of their mistakes are named how. */
class CompletionRequestTest {
  private static final String PLAIN =
      "\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";
  private static final int MAX_IMAGES = 2;

  private static CompletionRequest read(String json) {
    return CompletionRequest.of(Buffer.buffer(json), MAX_IMAGES, _ -> DialogueText.TEMPLATE);
  }

  private static CompletionRequest with(String more) {
    return read("{" + PLAIN + (more.isEmpty() ? "" : "," + more) + "}");
  }

  private static CompletionRequest saying(String messages) {
    return read("{\"model\":\"m\",\"messages\":[" + messages + "]}");
  }

  private static GenerationOptions options(String more) {
    return with(more).choices().generation("a");
  }

  private static String prompt(CompletionRequest request) {
    return request.dialogue().prompt().parts().stream()
        .map(part ->
            switch (part) {
              case Prompt.Text(String text) -> text;
              case Prompt.Image _ -> "[]";
              case Prompt.Mark(String token) -> token;
            })
        .collect(Collectors.joining());
  }

  private static void assertRefused(String json, String field, String why) {
    OwlException e = catchThrowableOfType(OwlException.class, () -> read(json));
    assertThat(e).as(json).isNotNull();
    assertThat(e.field()).as(e.getMessage()).isEqualTo(field);
    assertThat(e).hasMessageContaining(why);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "temperature":2.1                  | temperature            | allowed is 0.0 to 2.0
          "temperature":-0.1                 | temperature            | -0.1
          "temperature":1e400                | temperature            | allowed
          "temperature":"1"                  | temperature            | "1"
          "top_p":1.5                        | top_p                  | 1.5
          "top_k":-2                         | top_k                  | -2
          "min_p":2                          | min_p                  | 2
          "seed":1.5                         | seed                   | whole number of 64 bits
          "seed":1e400                       | seed                   | whole number
          "seed":9223372036854775808         | seed                   | 9223372036854775808
          "n":0                              | n                      | 1 to 128
          "n":1000000000000                  | n                      | 1 to 128
          "n":1.0                            | n                      | whole number
          "max_completion_tokens":0          | max_completion_tokens  | allowed
          "max_tokens":-5                    | max_tokens             | -5
          "max_tokens":1e400,"max_completion_tokens":5 | max_tokens   | allowed
          "presence_penalty":3               | presence_penalty       | -2.0 to 2.0
          "frequency_penalty":-3             | frequency_penalty      | -2.0 to 2.0
          "repetition_penalty":0             | repetition_penalty     | 0.01 to 100.0
          "stop":5                           | stop                   | is no array
          "stop":["a",5]                     | stop[1]                | is no string
          "logprobs":1                       | logprobs               | neither true nor false
          "top_logprobs":5                   | top_logprobs           | needs logprobs
          "logprobs":true,"top_logprobs":21  | top_logprobs           | 0 to 20
          "response_format":"json"           | response_format        | is no object
          "response_format":{}               | response_format.type   | is missing
          "response_format":{"type":"xml"}   | response_format.type   | 'xml' is none of
          "response_format":{"type":"json_schema"} | response_format.json_schema | is missing
          "response_format":{"type":"json_schema","json_schema":{"name":"a"}} | response_format.json_schema.schema | is missing
          "response_format":{"type":"json_schema","json_schema":{"schema":1}} | response_format.json_schema.schema | is no object
          "response_format":{"type":"json_schema","json_schema":{"shape":{}}} | response_format.json_schema.shape | is not supported
          "response_format":{"type":"json_object"},"regex":"a" | response_format | cannot be combined with regex
          "guided_regex":"a","guided_json":{} | guided_json           | cannot be combined with guided_regex
          "structured_outputs":{"json":{},"choice":["a"]} | structured_outputs.choice | cannot be combined with structured_outputs.json
          "structured_outputs":{"grammar":"a"} | structured_outputs.grammar | is not supported
          "guided_json":7                    | guided_json            | is no schema
          "guided_choice":[]                 | guided_choice          | has 0 items
          "guided_grammar":"root ::= a"      | guided_grammar         | is not supported
          "best_of":2                        | best_of                | with use_beam_search alone
          "length_penalty":11                | length_penalty         | -10.0 to 10.0
          "min_tokens":-1                    | min_tokens             | allowed
          "ignore_eos":true                  | ignore_eos             | is not supported
          "stop_token_ids":[2]               | stop_token_ids         | is not supported
          "skip_special_tokens":false        | skip_special_tokens    | is not supported
          "reasoning_effort":"high"          | reasoning_effort       | is not supported
          "think":true                       | think                  | is not supported
          "chat_template_kwargs":{"a":1}     | chat_template_kwargs   | is not supported
          "function_call":{"name":"a"}       | function_call          | is not supported
          "tools":{}                         | tools                  | calls no tools
          "regex":7                          | regex                  | is no string
          "tools":[{"type":"function"}]      | tools                  | calls no tools
          "tool_choice":"required"           | tool_choice            | calls no tools
          "tool_choice":{"type":"function"}  | tool_choice            | calls no tools
          "functions":[{}]                   | functions              | is not supported
          "logit_bias":{"1":2}               | logit_bias             | is not supported
          "modalities":["text","audio"]      | modalities             | has 2 items
          "modalities":["audio"]             | modalities[0]          | only text
          "store":true                       | store                  | is not supported
          "stream":"yes"                     | stream                 | neither true nor false
          "stream":true,"stream_options":[]  | stream_options         | is no object
          "stream":true,"stream_options":{"include_usage":1} | stream_options.include_usage | neither
          "stream":true,"stream_options":{"x":1} | stream_options.x   | is not supported
          "nonsense":1                       | nonsense               | is not supported
          "model":"m"                        | body                   | uplicate
          """)
  void anOptionThatCannotBeIsRefusedByItsName(String option, String field, String why) {
    assertRefused("{" + PLAIN + "," + option + "}", field, why);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          7                                         | messages[0]            | is no object
          {}                                        | messages[0].role       | is missing
          {"role":"tool","content":"x"}             | messages[0].role       | 'tool' is none of
          {"role":7,"content":"x"}                  | messages[0].role       | is no string
          {"role":"user","content":7}               | messages[0].content    | is no array
          {"role":"user","content":"a\\u0000b"}     | messages[0].content    | NUL
          {"role":"user","content":"a\\ud800b"}     | messages[0].content    | half of a surrogate pair
          {"role":"user","content":[{"type":"text","text":"\\udc00"}]} | messages[0].content[0].text | half of a surrogate
          {"role":"user","content":["x"]}           | messages[0].content[0] | is no object
          {"role":"user","content":[{"text":"x"}]}  | messages[0].content[0].type | is missing
          {"role":"user","content":[{"type":"text"}]} | messages[0].content[0].text | is missing
          {"role":"user","content":[{"type":"text","text":"x","bold":true}]} | messages[0].content[0].bold | is not supported
          {"role":"user","content":[{"type":"input_audio"}]} | messages[0].content[0].type | 'input_audio' is none of
          {"role":"user","content":"x","tool_calls":[{}]} | messages[0].tool_calls | is not supported
          {"role":"assistant","content":[{"type":"image_url"}]} | messages[0].content[0].type | only a user's message
          """)
  void aMessageThatCannotBeIsRefusedByItsPlace(String messages, String field, String why) {
    assertRefused("{\"model\":\"m\",\"messages\":[" + messages + "]}", field, why);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "null", "[]", "\"x\"", "{", "{} {}", "{'a':1}", "{\"a\":NaN}", "{\"a\":01}"})
  void whatIsNoObjectIsRefusedAsTheBody(String json) {
    assertRefused(json, "body", "body: is ");
  }

  @Test
  void whatIsMissingIsSaidToBe() {
    assertRefused("{\"messages\":[]}", "model", "is missing");
    assertRefused("{\"model\":\"m\"}", "messages", "is missing");
    assertRefused("{\"model\":\"m\",\"messages\":[]}", "messages", "has 0 items");
  }

  @Test
  void tooMuchOfAnythingIsRefusedWithItsLimit() {
    String image = "{\"type\":\"image_url\",\"image_url\":\"data:,\"}";
    assertRefused(
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[%s,%s,%s]}]}"
            .formatted(image, image, image),
        "messages[0].content",
        "more than 2 images in all messages");
    String message = "{\"role\":\"user\",\"content\":\"%s\"}";
    assertRefused(
        "{\"model\":\"m\",\"messages\":[%s]}".formatted(message.formatted("x".repeat(1_048_577))),
        "messages",
        "1048577 bytes of UTF-8 text; at most 1048576 are allowed");
    assertRefused(
        "{\"model\":\"m\",\"messages\":[%s]}"
            .formatted(String.join(",", java.util.Collections.nCopies(1025, message))),
        "messages",
        "1025 items, allowed are 1 to 1024");
    assertRefused(
        "{" + PLAIN + ",\"stop\":[" + "\"a\",".repeat(16) + "\"a\"]}", "stop", "17 items");
    assertRefused("{" + PLAIN + ",\"stop\":\"" + "a".repeat(257) + "\"}", "stop", "257");
    assertRefused("{\"a\":" + "[".repeat(100_000), "body", "depth");
    assertRefused("{\"a\":[" + "{},".repeat(400_000) + "{}]}", "body", "oken count");
    assertRefused("{\"a\":1" + "0".repeat(2000) + "}", "body", "umber");
  }

  @Test
  void whatIsOffOrHasNoEffectIsNoReasonToRefuse() {
    with(
        """
        "user":"u","metadata":{"a":"b"},"service_tier":"auto","store":false,"tools":[],
        "tool_choice":"auto","logit_bias":{},"modalities":["text"],"functions":null,"n":null,
        "stop":null,"seed":null,"logprobs":false,"response_format":{"type":"text"},"top_k":-1,
        "stream_options":null,"parallel_tool_calls":true\
        """);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"top_logprobs\":0",
        "\"functions\":[]",
        "\"function_call\":\"none\"",
        "\"function_call\":\"auto\"",
        "\"tool_choice\":\"none\"",
        "\"tools\":[{\"type\":\"function\"}],\"tool_choice\":\"none\"",
        "\"reasoning_effort\":\"none\"",
        "\"verbosity\":\"medium\"",
        "\"stop\":\"\"",
        "\"stop\":[\"\"]",
        "\"ignore_eos\":false",
        "\"min_tokens\":0",
        "\"skip_special_tokens\":true",
        "\"spaces_between_special_tokens\":true",
        "\"stop_token_ids\":[]",
        "\"length_penalty\":1",
        "\"length_penalty\":1.0",
        "\"use_beam_search\":false",
        "\"early_stopping\":false",
        "\"best_of\":1",
        "\"best_of\":2,\"n\":2",
        "\"chat_template_kwargs\":{}",
        "\"think\":false",
        "\"keep_alive\":\"5m\"",
        "\"max_tokens\":-1",
        "\"repetition_penalty\":1.0",
        "\"response_format\":{\"type\":\"text\"},\"regex\":null",
        "\"structured_outputs\":{}",
        "\"audio\":null",
        "\"logprobs\":null"
      })
  void neutralDefaultsNeverRefuse(String option) {
    GenerationOptions.Builder plain = options("").toBuilder().clearN().clearLengthPenalty();

    assertThat(options(option).toBuilder().clearN().clearLengthPenalty().build())
        .isEqualTo(plain.build());
  }

  @Test
  void whatHasAnEquivalentWorks() {
    assertThat(options("\"min_tokens\":7").getMinNewTokens()).isEqualTo(7);
    assertThat(options("\"use_beam_search\":true,\"best_of\":3,\"length_penalty\":0.5"))
        .matches(o -> o.getBeams() == 3 && o.getN() == 1 && o.getLengthPenalty() == 0.5f);
    assertThat(options("\"use_beam_search\":true,\"n\":2,\"early_stopping\":true"))
        .matches(o -> o.getBeams() == 2 && o.getN() == 2 && o.getEarlyStopping());
    assertThat(options("\"guided_regex\":\"a+\"").getRegex()).isEqualTo("a+");
    assertThat(options("\"guided_json\":{\"const\":1}").getJsonSchema()).isEqualTo("{\"const\":1}");
    assertThat(options("\"guided_json\":\"{}\"").getJsonSchema()).isEqualTo("{}");
    assertThat(options("\"guided_choice\":[\"a.b\",\"[c]\"]").getRegex())
        .isEqualTo("a\\.b|\\[c\\]");
    assertThat(options("\"structured_outputs\":{\"choice\":[\"a\",\"b\"]}").getRegex())
        .isEqualTo("a|b");
    assertThat(options("\"structured_outputs\":{\"json\":{\"const\":1}}").getJsonSchema())
        .isEqualTo("{\"const\":1}");
    assertThat(options("\"structured_outputs\":{\"json_object\":true}").getJsonSchema())
        .isEqualTo("{\"type\":\"object\"}");
    assertThat(options("\"response_format\":{\"type\":\"text\"},\"regex\":\"a\"").getRegex())
        .isEqualTo("a");
  }

  @Test
  void optionsReachTheLanguageModel() {
    GenerationOptions all =
        options(
            """
            "temperature":0.5,"top_p":0.25,"top_k":7,"min_p":0.125,"seed":-1,"n":2,"stop":["a","b"],
            "max_completion_tokens":9,"presence_penalty":1,"frequency_penalty":-1,
            "repetition_penalty":2,"logprobs":true,"top_logprobs":3,"regex":"x+"\
            """);

    assertThat(all)
        .isEqualTo(
            GenerationOptions.newBuilder()
                .setAdapter("a")
                .setTemperature(0.5f)
                .setTopP(0.25f)
                .setTopK(7)
                .setMinP(0.125f)
                .setSeed(-1)
                .setN(2)
                .addStop("a")
                .addStop("b")
                .setMaxNewTokens(9)
                .setPresencePenalty(1)
                .setFrequencyPenalty(-1)
                .setRepetitionPenalty(2)
                .setTopLogprobs(3)
                .setRegex("x+")
                .setNoRepeatNgram(0)
                .build());
    assertThat(options("\"response_format\":{\"type\":\"json_object\"}").getJsonSchema())
        .isEqualTo("{\"type\":\"object\"}");
    assertThat(options("\"max_tokens\":5,\"max_completion_tokens\":6").getMaxNewTokens())
        .isEqualTo(6);
    assertThat(options("\"stop\":\"end\"").getStopList()).containsExactly("end");
    assertThat(options("\"logprobs\":true").getTopLogprobs()).isZero();
    assertThat(options("").hasTopLogprobs()).isFalse();
  }

  @Test
  void messagesBecomeTheModelsPrompt() {
    CompletionRequest request =
        saying(
            """
            {"role":"system","content":"S"},
            {"role":"developer","content":[{"type":"text","text":"T"},{"type":"text","text":"U"}]},
            {"role":"user","name":"u","content":[{"type":"text","text":"One?"},
              {"type":"image_url","image_url":{"url":"data:,"}},{"type":"text","text":"Two?"}]},
            {"role":"assistant","content":null,"refusal":null},
            {"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}\
            """);

    assertThat(prompt(request))
        .isEqualTo("S\nT\nU\nHuman: One?\nHuman: []\nHuman: Two?\nAI: \nHuman: []\nAI: ");
    assertThat(request.dialogue().images())
        .extracting(Field::path)
        .containsExactly("messages[2].content[1]", "messages[4].content[0]");
    assertThat(prompt(saying("{\"role\":\"user\",\"content\":\"<image>\"}")))
        .endsWith("\nHuman: <image>\nAI: ")
        .startsWith("The following is a conversation");
  }

  @Test
  void textsAndPicturesKeepTheirOrder() {
    String image = "{\"type\":\"image_url\",\"image_url\":\"data:,\"}";
    String text = "{\"type\":\"text\",\"text\":\"%s\",\"cache_control\":{\"type\":\"ephemeral\"}}";
    String parts =
        String.join(
            ",",
            text.formatted("First:"),
            image,
            text.formatted("Second:"),
            image,
            text.formatted("Which?"));

    assertThat(prompt(saying("{\"role\":\"user\",\"content\":[" + parts + "]}")))
        .endsWith("\nHuman: First:\nHuman: []\nHuman: Second:\nHuman: []\nHuman: Which?\nAI: ");
    assertThat(
            prompt(
                saying(
                    "{\"role\":\"user\",\"content\":["
                        + image
                        + ","
                        + text.formatted("W?")
                        + "]}")))
        .endsWith("\nHuman: []\nHuman: W?\nAI: ");
    assertThat(
            prompt(
                saying(
                    "{\"role\":\"user\",\"content\":["
                        + String.join(",", text.formatted("A:"), image, text.formatted("B:"), image)
                        + "]}")))
        .endsWith("\nHuman: A:\nHuman: []\nHuman: B:\nHuman: []\nAI: ");
  }

  @Test
  void aQuestionBeforeItsPicturesIsReadBehindThem() {
    String image = "{\"type\":\"image_url\",\"image_url\":\"data:,\"}";
    String text = "{\"type\":\"text\",\"text\":\"Which?\"}";

    assertThat(
            prompt(
                saying(
                    "{\"role\":\"user\",\"content\":["
                        + String.join(",", text, image, image)
                        + "]}")))
        .endsWith("\nHuman: []\nHuman: []\nHuman: Which?\nAI: ");
  }

  @Test
  void messagesThatSayNothingOrComeLateAreTolerated() {
    CompletionRequest request =
        saying(
            """
            {"role":"user","content":"","id":"1","tool_calls":[]},
            {"role":"assistant","content":""},
            {"role":"user","content":[]},
            {"role":"user","content":null},
            {"role":"user","content":"One?","cache_control":{"type":"ephemeral"}},
            {"role":"system","content":"S"},
            {"role":"assistant","content":"Yes.","function_call":null},
            {"role":"developer","content":"T"},
            {"role":"user","content":"Two?"}\
            """);

    assertThat(prompt(request)).isEqualTo("S\nT\nAI: \nHuman: One?\nAI: Yes.\nHuman: Two?\nAI: ");
    assertThat(request.dialogue().continues()).isFalse();
    assertThat(prompt(saying("{\"role\":\"system\",\"content\":\"S\"}"))).isEqualTo("S\nAI: ");
  }

  @Test
  void anAssistantsMessageThatComesLastIsContinued() {
    CompletionRequest request =
        saying(
            """
            {"role":"system","content":"S"},
            {"role":"user","content":"Who?"},
            {"role":"assistant","content":"It is","prefix":true}\
            """);

    assertThat(prompt(request)).isEqualTo("S\nHuman: Who?\nAI: It is");
    assertThat(request.dialogue().continues()).isTrue();
    CompletionRequest empty =
        saying("{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":null}");
    assertThat(prompt(empty)).endsWith("\nHuman: a\nAI: ");
    assertThat(empty.dialogue().continues()).isFalse();
  }

  @Test
  void aStreamCountsOnlyWhenAsked() {
    assertThat(with("\"stream\":true").stream()).isTrue();
    assertThat(with("\"stream\":true").includeUsage()).isFalse();
    assertThat(with("\"stream\":true,\"stream_options\":{\"include_usage\":true}").includeUsage())
        .isTrue();
    assertThat(with("\"stream_options\":{\"include_usage\":true}").includeUsage()).isFalse();
  }
}
