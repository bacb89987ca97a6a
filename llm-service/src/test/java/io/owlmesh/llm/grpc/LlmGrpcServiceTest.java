// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.HostTensor;
import io.owlmesh.llm.LlmStage;
import io.owlmesh.llm.engine.SchedulerConfig;
import io.owlmesh.model.weights.SafetensorsFile;
import io.owlmesh.proto.llm.v1.Continuations;
import io.owlmesh.proto.llm.v1.FinishReason;
import io.owlmesh.proto.llm.v1.GenerateRequest;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.ListAdaptersRequest;
import io.owlmesh.proto.llm.v1.LoadAdapterRequest;
import io.owlmesh.proto.llm.v1.PromptPart;
import io.owlmesh.proto.llm.v1.ScoreRequest;
import io.owlmesh.proto.llm.v1.ScoreResponse;
import io.owlmesh.proto.llm.v1.Token;
import io.owlmesh.proto.llm.v1.TokenizeRequest;
import io.owlmesh.proto.llm.v1.UnloadAdapterRequest;
import io.owlmesh.proto.tensor.v1.Lineage;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.wire.TensorCodec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The service behind a real socket, with the tiny model and its adapters. */
class LlmGrpcServiceTest {
  private static final Path TINY = Path.of("../lib/model/src/test/resources/owl-tiny");
  private static final Map<String, HostTensor> GOLDEN =
      SafetensorsFile.load(TINY.resolve("forward.safetensors"));

  private static TinyLlm service;
  private static LlmStage stage;
  private static ManagedChannel channel;

  @BeforeAll
  static void start() throws Exception {
    service = TinyLlm.start(TINY.resolve("adapters"));
    channel = service.channel();
    stage = service.stage();
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  private static LanguageModelGrpc.LanguageModelBlockingStub blocking() {
    return LanguageModelGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private static PromptPart text(String text) {
    return PromptPart.newBuilder().setText(text).build();
  }

  private static Tensor tokens(String image) {
    return TensorCodec.toProto(
        Objects.requireNonNull(GOLDEN.get("visual_tokens/" + image), image),
        Lineage.newBuilder()
            .setContentKey("00")
            .setVisionDigest(stage.engine().visionDigest())
            .setAbstractorDigest(stage.engine().abstractorDigest())
            .build());
  }

  private static PromptPart image(String name) {
    return PromptPart.newBuilder().setVisualTokens(tokens(name)).build();
  }

  /** Collects a stream of responses. */
  private static final class Responses<T> implements StreamObserver<T> {
    private final List<T> all = Collections.synchronizedList(new ArrayList<>());
    private final CompletableFuture<List<T>> done = new CompletableFuture<>();

    @Override
    public void onNext(T response) {
      all.add(response);
    }

    @Override
    public void onError(Throwable failure) {
      done.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      done.complete(all);
    }
  }

  private static List<GenerateResponse> generate(
      List<PromptPart> parts, GenerationOptions.Builder options) {
    Responses<GenerateResponse> responses = new Responses<>();
    send(LanguageModelGrpc.newStub(channel)::generate, responses, parts, options);
    return responses.done.orTimeout(60, TimeUnit.SECONDS).join();
  }

  private static StreamObserver<GenerateRequest> send(
      Function<StreamObserver<GenerateResponse>, StreamObserver<GenerateRequest>> call,
      Responses<GenerateResponse> responses,
      List<PromptPart> parts,
      GenerationOptions.Builder options) {
    StreamObserver<GenerateRequest> requests = call.apply(responses);
    parts.forEach(part -> requests.onNext(GenerateRequest.newBuilder().setPart(part).build()));
    requests.onNext(GenerateRequest.newBuilder().setOptions(options).build());
    requests.onCompleted();
    return requests;
  }

  private static GenerationOptions.Builder options() {
    return GenerationOptions.newBuilder().setMaxNewTokens(24);
  }

  private static String textOf(List<GenerateResponse> responses) {
    StringBuilder text = new StringBuilder();
    for (GenerateResponse response : responses) {
      text.append(response.getToken().getText()).append(response.getFinished().getText());
    }
    return text.toString();
  }

  private static Status refusal(List<PromptPart> parts, GenerationOptions.Builder options) {
    try {
      generate(parts, options);
    } catch (RuntimeException e) {
      return Status.fromThrowable(e);
    }
    throw new AssertionError("was not refused");
  }

  static List<JsonNode> cases() throws IOException {
    List<JsonNode> cases = new ArrayList<>();
    new ObjectMapper().readTree(TINY.resolve("forward.json").toFile()).forEach(cases::add);
    return cases;
  }

  /** The parts of a case: its prompt cut at the places of images. */
  private static List<PromptPart> parts(JsonNode test) {
    List<PromptPart> parts = new ArrayList<>();
    String[] texts = test.get("prompt").asText().split("<image>", -1);
    for (int i = 0; i < texts.length; i++) {
      if (i > 0) {
        parts.add(image(test.get("images").get(i - 1).asText()));
      }
      parts.add(text(texts[i]));
    }
    return parts;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void answersAreThoseOfTheReference(JsonNode test) {
    String adapter = test.get("adapter").asText("");
    GenerationOptions.Builder options = options().setAdapter(adapter.equals("null") ? "" : adapter);

    List<GenerateResponse> responses = generate(parts(test), options);

    List<Integer> ids =
        responses.stream()
            .filter(GenerateResponse::hasToken)
            .map(response -> response.getToken().getId())
            .toList();
    assertThat(ids).isEqualTo(new ObjectMapper().convertValue(test.get("greedy"), List.class));
    assertThat(textOf(responses)).isEqualTo(test.get("text").asText());
    assertThat(responses.getFirst().getAccepted().getPromptTokens())
        .isEqualTo(test.get("ids").size());
    assertThat(responses.getLast().getFinished().getUsage().getCompletionTokens())
        .isEqualTo(ids.size());
  }

  @Test
  void theOtherNamingOfTheAdapterGivesTheSameAnswer() {
    List<PromptPart> parts = List.of(text("Human: what?\nAI: "));

    assertThat(textOf(generate(parts, options().setAdapter("trainer-dump"))))
        .isEqualTo(textOf(generate(parts, options().setAdapter("peft"))))
        .isNotEqualTo(textOf(generate(parts, options())));
  }

  @Test
  void equalSeedsGiveEqualAnswersAndOtherSeedsOthers() {
    List<PromptPart> parts = List.of(text("Human: what?\nAI: "));
    GenerationOptions.Builder hot = options().setTemperature(1.5f).setTopK(50).setTopP(0.95f);

    String first = textOf(generate(parts, hot.setSeed(1)));

    assertThat(textOf(generate(parts, hot.setSeed(1)))).isEqualTo(first);
    assertThat(textOf(generate(parts, hot.setSeed(2)))).isNotEqualTo(first);
  }

  @Test
  void aStopTextEndsTheAnswerAndIsNoPartOfIt() {
    List<PromptPart> parts = List.of(text("Human: what?\nAI: "));
    String whole = textOf(generate(parts, options().setMaxNewTokens(30)));
    String stop = whole.substring(10, 15);

    var responses = generate(parts, options().setMaxNewTokens(30).addStop(stop).addStop("never"));

    assertThat(textOf(responses)).isEqualTo(whole.substring(0, whole.indexOf(stop)));
    assertThat(responses.getLast().getFinished().getReason())
        .isEqualTo(FinishReason.FINISH_REASON_STOP);
  }

  @Test
  void probabilitiesComeWithTheTokensAndTheChosenOneIsTheFirst() {
    var responses =
        generate(
            List.of(text("Human: what?\nAI: ")), options().setMaxNewTokens(5).setTopLogprobs(3));

    List<Token> tokens =
        responses.stream().filter(GenerateResponse::hasToken).map(r -> r.getToken()).toList();
    assertThat(tokens)
        .hasSize(5)
        .allSatisfy(token -> {
          assertThat(token.getTopCount()).isEqualTo(3);
          assertThat(token.getTop(0).getId()).isEqualTo(token.getId());
          assertThat(token.getTop(0).getLogProbability())
              .isEqualTo(token.getLogProbability())
              .isGreaterThanOrEqualTo(token.getTop(1).getLogProbability())
              .isNegative();
        });
    assertThat(generate(List.of(text("a")), options().setMaxNewTokens(1)).get(1).getToken())
        .matches(token -> !token.hasLogProbability());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(yes|no), [a-z]{1,10}\\.",
        "\\d{4}-\\d{2}-\\d{2}",
        "[\u4e00-\u9fff]{3,6}\u3002",
        "(\ud83e\udd89|[\ud83e\udd80-\ud83e\uddff]){4}"
      })
  void anAnswerMatchesItsExpressionAndStopsByItself(String regex) {
    List<PromptPart> parts = List.of(text("Human: what?\nAI: "));
    for (int seed = 0; seed < 6; seed++) {
      GenerationOptions.Builder options = options().setMaxNewTokens(60).setRegex(regex);
      // Greedy, then hotter and hotter.
      options.setSeed(seed).setTemperature(seed * 0.5f);

      List<GenerateResponse> responses = generate(parts, options);

      assertThat(textOf(responses)).matches(regex);
      assertThat(responses.getLast().getFinished().getReason())
          .isEqualTo(FinishReason.FINISH_REASON_STOP);
    }
  }

  @Test
  void anAnswerIsAValueOfItsSchema() throws IOException {
    String text =
        """
        {"type": "object", "required": ["animal", "count"], "properties": {
          "animal": {"type": "string", "minLength": 1, "maxLength": 8},
          "count": {"type": "integer", "minimum": 1, "maximum": 20},
          "colours": {"type": "array", "items": {"enum": ["brown", "\u767d"]}, "maxItems": 2}}}
        """;
    var schema = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(text);
    for (int seed = 0; seed < 6; seed++) {
      GenerationOptions.Builder options = options().setMaxNewTokens(200).setJsonSchema(text);
      options.setSeed(seed).setTemperature(seed * 0.5f);

      List<GenerateResponse> responses = generate(List.of(text("a")), options);

      String answer = textOf(responses);
      assertThat(schema.validate(new ObjectMapper().readTree(answer))).as(answer).isEmpty();
      assertThat(responses.getLast().getFinished().getReason())
          .isEqualTo(FinishReason.FINISH_REASON_STOP);
    }
  }

  @Test
  void anAnswerThatTheLimitCutsIsTheBeginningOfAMatch() {
    var responses =
        generate(List.of(text("a")), options().setMaxNewTokens(5).setRegex("(\u4e2d\u6587){9}"));

    assertThat("\u4e2d\u6587".repeat(9)).startsWith(textOf(responses).replace("\ufffd", ""));
    assertThat(responses.getLast().getFinished().getReason())
        .isEqualTo(FinishReason.FINISH_REASON_LENGTH);
  }

  @Test
  void aConstraintHoldsUnderPenaltiesWithStopsAndProbabilities() {
    GenerationOptions.Builder options =
        options()
            .setMaxNewTokens(60)
            .setRegex("(ab){20}END.*")
            .addStop("END")
            .setRepetitionPenalty(2)
            .setFrequencyPenalty(2)
            .setNoRepeatNgram(2)
            .setTemperature(1)
            .setTopK(3)
            .setTopP(0.9f)
            .setTopLogprobs(2);

    List<GenerateResponse> responses = generate(List.of(text("Human: ab?\nAI: ")), options);

    assertThat(textOf(responses)).isEqualTo("ab".repeat(20));
    // Probabilities are the model's own: what it would have said is told, though it may not come.
    Token first = responses.get(1).getToken();
    Token free =
        generate(List.of(text("Human: ab?\nAI: ")), options().setMaxNewTokens(1).setTopLogprobs(2))
            .get(1)
            .getToken();
    assertThat(first.getTopList()).isEqualTo(free.getTopList());
    assertThat(first.getLogProbability()).isFinite();
  }

  @Test
  void constraintsThatCannotBeKeptAreRefusedByName() {
    List<PromptPart> parts = List.of(text("a"));

    for (String regex : List.of("", "(", "\\p{L}", "[^\\s\\S]", "((a{99}){99}){99}")) {
      Status status = refusal(parts, options().setRegex(regex));
      assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(status.getDescription()).startsWith("regex: ");
    }
    for (String schema :
        List.of(
            "{", "false", "{\"format\":\"colour\"}", "{\"$ref\":\"#\"}", "{\"minLength\":99999}")) {
      Status status = refusal(parts, options().setJsonSchema(schema));
      assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(status.getDescription()).startsWith("json_schema: ");
    }
  }

  @Test
  void aSecondTurnTellsWhatWasFound() {
    String prompt = "Human: " + "what is this ".repeat(10) + "\nAI: ";
    generate(List.of(text(prompt)), options().setMaxNewTokens(4));

    var usage =
        generate(List.of(text(prompt)), options().setMaxNewTokens(4))
            .getLast()
            .getFinished()
            .getUsage();

    assertThat(usage.getCachedPromptTokens()).isBetween(16, usage.getPromptTokens() - 1);
  }

  @Test
  void severalAnswersComeWithTheirNumbers() {
    List<PromptPart> parts = List.of(text("Human: what?\nAI: "));
    GenerationOptions.Builder hot = options().setTemperature(1.5f);
    String first = textOf(generate(parts, hot.setSeed(8)));
    String second = textOf(generate(parts, hot.setSeed(9)));

    var responses = generate(parts, hot.setSeed(8).setN(2));

    assertThat(textOf(of(0, responses))).isEqualTo(first);
    assertThat(textOf(of(1, responses))).isEqualTo(second).isNotEqualTo(first);
    assertThat(responses.stream().filter(GenerateResponse::hasFinished)).hasSize(2);
  }

  /** What belongs to one answer. */
  private static List<GenerateResponse> of(int answer, List<GenerateResponse> responses) {
    return responses.stream()
        .filter(r -> r.hasAccepted() || r.getToken().getAnswer() == answer)
        .filter(r -> !r.hasFinished() || r.getFinished().getAnswer() == answer)
        .toList();
  }

  @Test
  void beamsComeRankedWithTheirScores() {
    List<PromptPart> parts = List.of(text("Human: what?\nAI: "));
    double greedy =
        generate(parts, options().setMaxNewTokens(8).setTopLogprobs(0)).stream()
            .filter(GenerateResponse::hasToken)
            .mapToDouble(r -> r.getToken().getLogProbability())
            .sum();

    List<Double> scores =
        generate(parts, options().setMaxNewTokens(8).setBeams(2).setN(2).setLengthPenalty(0))
            .stream()
            .filter(GenerateResponse::hasFinished)
            .map(r -> r.getFinished().getScore())
            .toList();

    assertThat(scores).hasSize(2).isSortedAccordingTo(Comparator.reverseOrder());
    assertThat(scores.getFirst()).isGreaterThanOrEqualTo(greedy - 1e-4);
  }

  @Test
  void anAnswerDoesNotEndBeforeItsLeastLength() {
    GenerationOptions.Builder hot = options().setTemperature(10).setSeed(3).setMaxNewTokens(900);
    List<PromptPart> parts = List.of(text("a"));
    // One id of 640 or so ends the answer: at this heat it comes sooner or later.
    assertThat(generate(parts, hot).getLast().getFinished().getReason())
        .isEqualTo(FinishReason.FINISH_REASON_STOP);

    var responses = generate(parts, hot.setMinNewTokens(900));

    assertThat(responses.getLast().getFinished().getUsage().getCompletionTokens()).isEqualTo(900);
  }

  @Test
  void whatBeamsCannotBeCombinedWithIsRefused() {
    List<PromptPart> parts = List.of(text("a"));

    assertThat(refusal(parts, options().setBeams(2).setTemperature(1)).getDescription())
        .isEqualTo("beams: cannot be combined with temperature");
    assertThat(refusal(parts, options().setBeams(2).addStop("x")).getDescription())
        .isEqualTo("beams: cannot be combined with stop");
    assertThat(refusal(parts, options().setBeams(2).setTopLogprobs(1)).getDescription())
        .isEqualTo("beams: cannot be combined with top_logprobs");
    assertThat(refusal(parts, options().setBeams(3)).getDescription())
        .isEqualTo("beams: 3, allowed is 1 to 2");
    assertThat(refusal(parts, options().setN(0)).getDescription())
        .isEqualTo("n: 0, allowed is 1 to 2");
    assertThat(refusal(parts, options().setBeams(2).setLengthPenalty(11)).getDescription())
        .startsWith("length_penalty: 11.0, allowed is -10.0 to 10.0");
    assertThat(refusal(parts, options().setBeams(2).setLengthPenalty(Float.NaN)).getDescription())
        .startsWith("length_penalty: NaN");
  }

  @Test
  void everyTokenHasItsOwnBytesAndSpelling() {
    List<PromptPart> parts = List.of(text("Human: what?\nAI: "));
    List<Token> bytes =
        tokens(
            generate(
                parts, options().setMaxNewTokens(30).setTopLogprobs(20).setRegex("\u00e9\u4e09!")));

    ByteString all = ByteString.EMPTY;
    for (Token token : bytes) {
      all = all.concat(token.getBytes());
    }
    assertThat(all.toStringUtf8()).isEqualTo("\u00e9\u4e09!");
    assertThat(bytes.stream().filter(token -> token.getBytes().size() == 1).toList())
        .isNotEmpty()
        .allSatisfy(token -> {
          int value = token.getBytes().byteAt(0) & 0xff;
          assertThat(token.getSpelling())
              .isEqualTo(value < 0x80 ? "" + (char) value : "\\x%02x".formatted(value));
        });
    assertThat(bytes.getLast().getSpelling()).isEqualTo("</s>");
    assertThat(bytes.getLast().getBytes()).isEmpty();

    List<Token> words = tokens(generate(parts, options().setMaxNewTokens(30).setTopLogprobs(20)));
    assertThat(words.subList(1, words.size()))
        .allSatisfy(token ->
            assertThat(token.getTopList())
                .filteredOn(top -> top.getBytes().isValidUtf8() && !top.getBytes().isEmpty())
                .isNotEmpty()
                .allMatch(top -> top.getBytes().toStringUtf8().equals(top.getSpelling())))
        .anySatisfy(token -> assertThat(token.getSpelling()).startsWith(" "));
    assertThat(words)
        .allSatisfy(token -> {
          assertThat(token.getTop(0).getSpelling()).isEqualTo(token.getSpelling());
          assertThat(token.getTop(0).getBytes()).isEqualTo(token.getBytes());
        });
  }

  @Test
  void theOffsetsOfTokensTellWhichOfThemAreOfAStop() {
    List<PromptPart> parts = List.of(text("Human: what?\nAI: "));
    List<Token> free =
        tokens(generate(parts, options().setMaxNewTokens(12).setRegex("[a-z ]{90}")));
    String stop = free.get(5).getSpelling() + free.get(6).getSpelling() + free.get(7).getSpelling();

    var stopped =
        generate(parts, options().setMaxNewTokens(12).setRegex("[a-z ]{90}").addStop(stop));

    String text = textOf(stopped);
    StringBuilder told = new StringBuilder();
    for (Token token : tokens(stopped)) {
      if (token.getTextOffset() < text.getBytes(StandardCharsets.UTF_8).length) {
        told.append(token.getSpelling());
      }
    }
    assertThat(told).hasToString(text).isNotEmpty();
  }

  @Test
  void anAnswerThatContinuesKeepsTheSpaceItBeginsWith() {
    List<PromptPart> parts = List.of(text("Human: what?\nAI: It"));

    assertThat(textOf(generate(parts, options().setContinues(true).setRegex(" is [a-z]{3}"))))
        .matches(" is [a-z]{3}");
    String begun = textOf(generate(parts, options().setMaxNewTokens(9)));
    assertThat(
            textOf(generate(parts, options().setMaxNewTokens(9).setContinues(true))).stripLeading())
        .isEqualTo(begun.stripLeading());
  }

  @Test
  void aLimitAboveTheContextIsClampedAndTheUsageSaysSo() {
    List<PromptPart> parts = List.of(text("Human: what?\nAI: "));
    SchedulerConfig limits = stage.engine().serving().limits();
    int room = Math.min(stage.engine().config().language().context(), limits.cachePositions());

    var clamped = generate(parts, options().setMaxNewTokens(1 << 20).setRegex("a{3}"));
    var within = generate(parts, options().setMaxNewTokens(9).setRegex("a{3}").setTopK(1 << 20));

    int prompt = clamped.getFirst().getAccepted().getPromptTokens();
    assertThat(clamped.getLast().getFinished().getUsage().getClampedMaxNewTokens())
        .isEqualTo(room - prompt);
    assertThat(within.getLast().getFinished().getUsage().hasClampedMaxNewTokens()).isFalse();
  }

  private static List<Token> tokens(List<GenerateResponse> responses) {
    return responses.stream()
        .filter(GenerateResponse::hasToken)
        .map(GenerateResponse::getToken)
        .toList();
  }

  @Test
  void anAnswerEndsAtItsLimit() {
    var responses = generate(List.of(text("Human: what?\nAI: ")), options().setMaxNewTokens(3));

    assertThat(responses.getLast().getFinished().getUsage().getCompletionTokens()).isEqualTo(3);
    assertThat(responses.getLast().getFinished().getReason())
        .isEqualTo(FinishReason.FINISH_REASON_LENGTH);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, -0.1f, 10.5f, Float.POSITIVE_INFINITY})
  void temperaturesOutOfRangeAreRefused(float temperature) {
    Status status = refusal(List.of(text("a")), options().setTemperature(temperature));

    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).contains("temperature", "0 to 10");
  }

  @Test
  void otherOptionsOutOfRangeAreRefusedByName() {
    List<PromptPart> parts = List.of(text("a"));

    assertThat(refusal(parts, options().setTopP(0)).getDescription()).contains("top_p");
    assertThat(refusal(parts, options().setMinP(2)).getDescription()).contains("min_p");
    assertThat(refusal(parts, options().setRepetitionPenalty(0)).getDescription())
        .contains("repetition_penalty", "0.01 to 100");
    assertThat(refusal(parts, options().setPresencePenalty(3)).getDescription())
        .contains("presence_penalty", "-2 to 2");
    assertThat(refusal(parts, options().setFrequencyPenalty(Float.NaN)).getDescription())
        .contains("frequency_penalty");
    assertThat(refusal(parts, options().setNoRepeatNgram(-1)).getDescription())
        .contains("no_repeat_ngram", "0 to 64");
    assertThat(refusal(parts, options().addStop("")).getDescription()).contains("stop[0]");
    assertThat(refusal(parts, options().setTopLogprobs(21)).getDescription())
        .contains("top_logprobs", "0 to 20");
    assertThat(refusal(parts, options().setTopP(1.1f)).getDescription()).contains("top_p");
    assertThat(refusal(parts, options().setTopK(0)).getDescription()).contains("top_k");
    assertThat(refusal(parts, options().setMaxNewTokens(0)).getDescription())
        .contains("max_new_tokens");
  }

  @Test
  void aPromptLongerThanTheContextIsRefusedNamingBoth() {
    Status status = refusal(List.of(text("bird ".repeat(5000))), options());

    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription())
        .contains("prompt", "context is " + stage.engine().config().language().context());
  }

  @Test
  void moreImagesThanTheContextHoldsAreRefused() {
    int context = stage.engine().config().language().context();
    List<PromptPart> parts = Collections.nCopies(context / 7 + 1, image("rgb.png"));

    Status status = refusal(parts, options());

    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).contains("images take", "context is " + context);
  }

  @Test
  void aPromptWithoutPartsAndAPartWithoutContentAreRefused() {
    assertThat(refusal(List.of(), options()).getDescription()).contains("prompt", "is empty");
    assertThat(refusal(List.of(PromptPart.getDefaultInstance()), options()).getDescription())
        .contains("neither text, mark nor visual tokens");
  }

  @Test
  void aStreamThatEndsWithoutOptionsIsRefused() {
    Responses<GenerateResponse> responses = new Responses<>();
    var requests = LanguageModelGrpc.newStub(channel).generate(responses);
    requests.onNext(GenerateRequest.newBuilder().setPart(text("a")).build());
    requests.onCompleted();

    assertThatThrownBy(responses.done::join).hasMessageContaining("options: are missing");
  }

  @Test
  void visualTokensOfOtherWeightsAreRefusedNamingBothDigests() {
    String other = "cd".repeat(32);
    Tensor right = tokens("rgb.png");
    Tensor foreign =
        right.toBuilder()
            .setLineage(right.getLineage().toBuilder().setAbstractorDigest(other))
            .build();

    Status status =
        refusal(List.of(PromptPart.newBuilder().setVisualTokens(foreign).build()), options());

    assertThat(status.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(status.getDescription()).contains(other, stage.engine().abstractorDigest());
  }

  @Test
  void visualTokensThatAreNotNumbersAreRefused() {
    byte[] bytes = tokens("rgb.png").getData().toByteArray();
    bytes[2] = (byte) 0x80;
    bytes[3] = 0x7f;
    Tensor infinite = tokens("rgb.png").toBuilder().setData(ByteString.copyFrom(bytes)).build();

    Status status =
        refusal(List.of(PromptPart.newBuilder().setVisualTokens(infinite).build()), options());

    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).contains("visual_tokens.data", "value 0");
  }

  @Test
  void anUnknownAdapterIsNotFoundAndTheKnownAreNamed() {
    Status status = refusal(List.of(text("a")), options().setAdapter("nobody"));

    assertThat(status.getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(status.getDescription()).contains("nobody", "peft", "trainer-dump");
  }

  @Test
  void aCancelledAnswerFreesTheEngine() throws Exception {
    Responses<GenerateResponse> responses = new Responses<>();
    CountDownLatch began = new CountDownLatch(1);
    Context.CancellableContext context = Context.current().withCancellation();
    context.run(() ->
        send(
            out ->
                LanguageModelGrpc.newStub(channel)
                    .generate(
                        new StreamObserver<>() {
                          @Override
                          public void onNext(GenerateResponse response) {
                            began.countDown();
                            out.onNext(response);
                          }

                          @Override
                          public void onError(Throwable failure) {
                            out.onError(failure);
                          }

                          @Override
                          public void onCompleted() {
                            out.onCompleted();
                          }
                        }),
            responses,
            List.of(text("Human: tell me everything\nAI: ")),
            options().setMaxNewTokens(200).setTemperature(1)));
    assertThat(began.await(30, TimeUnit.SECONDS)).isTrue();

    context.cancel(null);

    assertThatThrownBy(responses.done::join).hasMessageContaining("CANCELLED");
    // The one thread of the engine is free again.
    assertThat(generate(List.of(text("a")), options().setMaxNewTokens(1))).isNotEmpty();
  }

  @Test
  void anExpiredDeadlineEndsTheAnswer() {
    Responses<GenerateResponse> responses = new Responses<>();
    send(
        LanguageModelGrpc.newStub(channel).withDeadlineAfter(1, TimeUnit.MILLISECONDS)::generate,
        responses,
        List.of(text("a")),
        options());

    assertThatThrownBy(responses.done::join).hasMessageContaining("DEADLINE_EXCEEDED");
    assertThat(generate(List.of(text("a")), options().setMaxNewTokens(1))).isNotEmpty();
  }

  @Test
  void aFullQueueRefusesAtOnce() {
    List<Responses<GenerateResponse>> all = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      Responses<GenerateResponse> responses = new Responses<>();
      all.add(responses);
      send(
          LanguageModelGrpc.newStub(channel)::generate,
          responses,
          List.of(text("Human: what?\nAI: ")),
          options().setMaxNewTokens(100));
    }
    List<Status.Code> codes = new ArrayList<>();
    for (Responses<GenerateResponse> responses : all) {
      codes.add(
          responses
              .done
              .handle((_, e) -> e == null ? Status.Code.OK : Status.fromThrowable(e).getCode())
              .join());
    }

    assertThat(codes).contains(Status.Code.OK, Status.Code.RESOURCE_EXHAUSTED);
    assertThat(codes).containsOnly(Status.Code.OK, Status.Code.RESOURCE_EXHAUSTED);
  }

  @Test
  void scoresAreTheLogSoftmaxOfTheReferencesLogits() throws IOException {
    JsonNode test = cases().getFirst();
    float[] logits = Objects.requireNonNull(GOLDEN.get("logits/text-only")).toFloats();
    int vocabulary = logits.length / test.get("ids").size();
    int[] ids = stage.engine().tokenizer().encode("bird");
    double sum = 0;
    for (int i = 0; i < vocabulary; i++) {
      sum += Math.exp(logits[logits.length - vocabulary + i]);
    }
    double expected = logits[logits.length - vocabulary + ids[0]] - Math.log(sum);

    Responses<ScoreResponse> responses = new Responses<>();
    var requests = LanguageModelGrpc.newStub(channel).score(responses);
    parts(test).forEach(p -> requests.onNext(ScoreRequest.newBuilder().setPart(p).build()));
    requests.onNext(
        ScoreRequest.newBuilder()
            .setContinuations(Continuations.newBuilder().addTexts("bird").addTexts("b"))
            .build());
    requests.onCompleted();
    ScoreResponse response = responses.done.join().getFirst();

    assertThat(response.getScoresCount()).isEqualTo(2);
    assertThat(response.getScores(0).getTokens()).isEqualTo(ids.length);
    if (ids.length == 1) {
      assertThat(response.getScores(0).getLogLikelihood()).isCloseTo(expected, within(1e-3));
    }
    // The first token of a longer one alone is at least as likely as all of it.
    assertThat(response.getScores(0).getLogLikelihood()).isLessThanOrEqualTo(expected + 1e-3);
  }

  @Test
  void textIsTokenisedAsTheReferenceDoes() throws IOException {
    for (JsonNode text : new ObjectMapper().readTree(TINY.resolve("tokens.json").toFile())) {
      var response =
          blocking()
              .tokenize(TokenizeRequest.newBuilder().setText(text.get("text").asText()).build());

      assertThat(response.getIdsList())
          .isEqualTo(new ObjectMapper().convertValue(text.get("ids"), List.class));
    }
  }

  @Test
  void adaptersAreListedUnloadedAndLoadedAgain() {
    assertThat(names()).containsExactly("peft", "trainer-dump");

    blocking().unloadAdapter(UnloadAdapterRequest.newBuilder().setName("trainer-dump").build());
    assertThat(names()).containsExactly("peft");
    blocking().loadAdapter(LoadAdapterRequest.newBuilder().setName("trainer-dump").build());

    assertThat(names()).containsExactly("peft", "trainer-dump");
  }

  private static List<String> names() {
    return blocking()
        .listAdapters(ListAdaptersRequest.getDefaultInstance())
        .getAdaptersList()
        .stream()
        .map(adapter -> adapter.getName())
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"../peft", "a/b", "", ".", "..", "/etc"})
  void namesThatLeadOutOfTheFolderAreRefused(String name) {
    assertThatThrownBy(
            () -> blocking().loadAdapter(LoadAdapterRequest.newBuilder().setName(name).build()))
        .hasMessageContaining("INVALID_ARGUMENT");
  }
}
