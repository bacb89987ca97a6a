// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import static io.owlmesh.llm.grpc.GenerateCalls.TINY;
import static io.owlmesh.llm.grpc.GenerateCalls.generate;
import static io.owlmesh.llm.grpc.GenerateCalls.refusal;
import static io.owlmesh.llm.grpc.GenerateCalls.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.grpc.Status;
import io.owlmesh.proto.llm.v1.FinishReason;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.PromptPart;
import io.owlmesh.proto.llm.v1.Token;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Answers that one replica began and another one ends. */
class ResumedAnswersTest {
  private static TinyLlm one;
  private static TinyLlm other;

  @BeforeAll
  static void start() throws Exception {
    one = TinyLlm.start(TINY.resolve("adapters"));
    other = TinyLlm.start(TINY.resolve("adapters"));
  }

  @AfterAll
  static void stop() {
    one.close();
    other.close();
  }

  /** What answers are asked for with. */
  enum Way {
    GREEDY {
      @Override
      void set(GenerationOptions.Builder options) {}
    },
    SAMPLED {
      @Override
      void set(GenerationOptions.Builder options) {
        options.setTemperature(1.5f).setSeed(7).setTopK(200).setTopP(0.97f).setMinP(0.001f);
      }
    },
    PENALISED {
      @Override
      void set(GenerationOptions.Builder options) {
        options
            .setTemperature(0.8f)
            .setSeed(3)
            .setRepetitionPenalty(1.4f)
            .setPresencePenalty(0.5f)
            .setFrequencyPenalty(0.5f)
            .setNoRepeatNgram(2);
      }
    },
    // The texts are found in the answer, across its tokens.
    STOPPED {
      @Override
      void set(GenerationOptions.Builder options) {
        String whole = textOf(generate(one, PARTS, options.build()));
        options.addStop(whole.substring(whole.length() - 6)).addStop("never said");
      }
    },
    OF_SEVERAL_BYTES {
      @Override
      void set(GenerationOptions.Builder options) {
        options
            .setRegex("(\ud83e\udd89|[\ud83e\udd80-\ud83e\uddff]){4}")
            .setTemperature(2)
            .setSeed(4);
      }
    },
    MATCHING {
      @Override
      void set(GenerationOptions.Builder options) {
        options.setRegex("(yes|no), [a-z]{4,10}\\.").setTemperature(1).setSeed(5);
      }
    },
    JSON {
      @Override
      void set(GenerationOptions.Builder options) {
        options
            .setJsonSchema(
                """
                {"type": "object", "required": ["a"], "properties": {
                  "a": {"type": "string", "minLength": 2, "maxLength": 8}}}
                """)
            .setTemperature(1)
            .setSeed(6);
      }
    },
    WITH_PROBABILITIES {
      @Override
      void set(GenerationOptions.Builder options) {
        options.setTopLogprobs(3).setTemperature(1).setSeed(8);
      }
    },
    NOT_TOO_SHORT {
      @Override
      void set(GenerationOptions.Builder options) {
        options.setMinNewTokens(20).setTemperature(1.2f).setSeed(9);
      }
    },
    ADAPTED {
      @Override
      void set(GenerationOptions.Builder options) {
        options.setAdapter("peft").setContinues(true);
      }
    };

    abstract void set(GenerationOptions.Builder options);
  }

  private static final List<PromptPart> PARTS = List.of(text("Human: what?\nAI: "));

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

  private static List<Token> tokens(List<GenerateResponse> responses) {
    return responses.stream()
        .filter(GenerateResponse::hasToken)
        .map(GenerateResponse::getToken)
        .toList();
  }

  /** What does not differ with the replica: its place in a batch moves the last bits of others. */
  private static Token exact(Token token) {
    return token.toBuilder().clearLogProbability().clearTop().build();
  }

  private static Finished end(List<GenerateResponse> responses) {
    Finished.Builder end = responses.getLast().getFinished().toBuilder().clearTimings();
    end.getUsageBuilder().clearCachedPromptTokens();
    return end.build();
  }

  @ParameterizedTest
  @EnumSource
  void anAnswerThatIsCutAnywhereGoesOnElsewhereAsIfNothingHadHappened(Way way) {
    GenerationOptions.Builder options = options();
    way.set(options);
    List<GenerateResponse> whole = generate(one, PARTS, options.build());
    List<Token> tokens = tokens(whole);
    assertThat(tokens).hasSizeGreaterThan(3);

    for (int cut = 1; cut < tokens.size(); cut++) {
      GenerationOptions.Builder rest = options.clone();
      tokens.subList(0, cut).forEach(token -> rest.addResumedTokens(token.getId()));
      List<GenerateResponse> resumed = generate(other, PARTS, rest.build());

      assertThat(resumed.getFirst()).as("cut at %d", cut).isEqualTo(whole.getFirst());
      assertThat(tokens(resumed))
          .as("cut at %d", cut)
          .extracting(ResumedAnswersTest::exact)
          .isEqualTo(
              tokens.subList(cut, tokens.size()).stream().map(ResumedAnswersTest::exact).toList());
      assertThat(end(resumed)).as("cut at %d", cut).isEqualTo(end(whole));
      for (int i = 0; i < tokens(resumed).size(); i++) {
        assertThat(tokens(resumed).get(i).getLogProbability())
            .isCloseTo(tokens.get(cut + i).getLogProbability(), within(1e-4));
      }
    }
  }

  private static Status refused(GenerationOptions.Builder options, int... ids) {
    IntStream.of(ids).forEach(options::addResumedTokens);
    Status status = refusal(one, PARTS, options.build());
    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    return status;
  }

  @Test
  void idsThatNoAnswerCouldBeginWithAreRefused() {
    int vocabulary = one.stage().engine().config().language().vocabulary();
    int eos = one.stage().engine().config().language().eos();

    assertThat(refused(options(), 5, -1).getDescription())
        .isEqualTo("resumed_tokens[1]: -1, allowed is 0 to " + (vocabulary - 1));
    assertThat(refused(options(), vocabulary).getDescription()).contains("resumed_tokens[0]");
    assertThat(refused(options(), 5, eos).getDescription()).contains("[1]", "ends the answer");
    assertThat(refused(options().setMaxNewTokens(2), 5, 5).getDescription())
        .contains("2 ids, but max_new_tokens is 2");
    assertThat(refused(options().setN(2), 5).getDescription()).contains("n or beams");
    assertThat(refused(options().setBeams(2), 5).getDescription()).contains("n or beams");
    int[] digits = one.stage().engine().tokenizer().encode("12ab");
    assertThat(refused(options().setRegex("\\d{9}"), digits).getDescription())
        .contains("not what the constraint allows");
    int[] stopped = one.stage().engine().tokenizer().encode("a stop.");
    assertThat(refused(options().addStop("stop"), stopped).getDescription())
        .contains("resumed_tokens", "stop");
  }

  @Test
  void moreIdsThanTheContextHasRoomForAreRefused() {
    int context = one.stage().engine().config().language().context();
    int[] ids = IntStream.generate(() -> 5).limit(context - 1).toArray();

    assertThat(refused(options().setMaxNewTokens(context), ids).getDescription())
        .contains("prompt", "the context is " + context);
  }

  @Test
  void anAnswerMayGoOnToItsLimit() {
    List<Token> tokens = tokens(generate(one, PARTS, options().build()));
    GenerationOptions.Builder rest = options().setMaxNewTokens(24);
    tokens.subList(0, 23).forEach(token -> rest.addResumedTokens(token.getId()));

    List<GenerateResponse> last = generate(other, PARTS, rest.build());

    assertThat(tokens(last)).hasSize(1);
    assertThat(last.getLast().getFinished().getReason())
        .isEqualTo(FinishReason.FINISH_REASON_LENGTH);
    assertThat(last.getLast().getFinished().getUsage().getCompletionTokens()).isEqualTo(24);
  }
}
