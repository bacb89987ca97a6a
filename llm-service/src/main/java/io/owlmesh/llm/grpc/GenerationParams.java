// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import static io.owlmesh.proto.llm.v1.GenerationOptions.ConstraintCase.CONSTRAINT_NOT_SET;

import io.owlmesh.core.OwlException;
import io.owlmesh.core.SamplingParams;
import io.owlmesh.llm.engine.DecodingStrategy;
import io.owlmesh.llm.engine.TokenSampler;
import io.owlmesh.llm.guided.Constraint;
import io.owlmesh.llm.guided.Constraints;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.runtime.language.LogitsProcessor;
import io.owlmesh.runtime.language.Penalties;
import io.owlmesh.runtime.language.Sampler;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The options of a request, checked.
 *
 * @param maxTokens of each answer, before the context has its say
 * @param answers to the same prompt
 * @param beams of a beam search; 1 for none
 * @param rule that the answers keep
 * @param adapter name; empty for none
 * @param stop texts that end an answer
 * @param continues whether the answer goes on from the prompt's last text
 * @param resumed ids that the answer has already
 * @param vocabulary ids of the model
 * @param topLogprobs likeliest tokens to tell with each; -1 for no probabilities at all
 */
record GenerationParams(
    int maxTokens,
    int answers,
    int beams,
    double lengthPenalty,
    boolean earlyStopping,
    SamplingParams sampling,
    LogitsProcessor rule,
    String adapter,
    List<String> stop,
    boolean continues,
    List<Integer> resumed,
    int vocabulary,
    int topLogprobs,
    int priority) {
  private static final int MAX_TOP_LOGPROBS = 20;
  private static final String RESUMED = "resumed_tokens";

  GenerationParams {
    resumed = List.copyOf(resumed);
  }

  /**
   * Checks options and fills in what they leave open.
   *
   * @param sequences that are written at a time
   */
  static GenerationParams of(
      GenerationOptions options,
      ModelConfig config,
      int defaultTokens,
      int sequences,
      Constraints constraints) {
    int context = config.language().context();
    int vocabulary = config.language().vocabulary();
    GenerationParams limits =
        new GenerationParams(
            options.hasMaxNewTokens()
                ? Math.min(context, atLeastOne("max_new_tokens", options.getMaxNewTokens()))
                : defaultTokens,
            options.hasN() ? within("n", options.getN(), 1, sequences) : 1,
            options.hasBeams() ? within("beams", options.getBeams(), 1, sequences) : 1,
            options.hasLengthPenalty() ? options.getLengthPenalty() : 1,
            options.getEarlyStopping(),
            new SamplingParams(
                options.getTemperature(),
                options.hasTopK()
                    ? Math.min(vocabulary, atLeastOne("top_k", options.getTopK()))
                    : 0,
                options.hasTopP() ? options.getTopP() : 1,
                options.getMinP(),
                options.hasRepetitionPenalty() ? options.getRepetitionPenalty() : 1,
                options.getPresencePenalty(),
                options.getFrequencyPenalty(),
                options.getNoRepeatNgram(),
                options.hasSeed() ? options.getSeed() : ThreadLocalRandom.current().nextLong()),
            rule(options, config, constraints),
            options.getAdapter(),
            stops(options, config),
            options.getContinues(),
            options.getResumedTokensList(),
            vocabulary,
            options.hasTopLogprobs()
                ? within("top_logprobs", options.getTopLogprobs(), 0, MAX_TOP_LOGPROBS)
                : -1,
            options.getPriority());
    limits.checkBeams();
    limits.checkResumed(config.language().eos());
    if (options.getMinNewTokens() > 0 && options.getConstraintCase() != CONSTRAINT_NOT_SET) {
      throw OwlException.badInput(
          "min_new_tokens", "cannot be combined with a constraint, which may end before");
    }
    return limits;
  }

  /** Those asked for, and those with which the model's template ends answers. */
  private static List<String> stops(GenerationOptions options, ModelConfig config) {
    List<String> own = config.chatTemplate().stops();
    boolean room = options.getStopCount() + own.size() <= StopText.MAX_STOPS;
    return options.getBeams() > 1 || !room
        ? options.getStopList()
        : Stream.concat(options.getStopList().stream(), own.stream()).distinct().toList();
  }

  private static LogitsProcessor rule(
      GenerationOptions options, ModelConfig config, Constraints constraints) {
    int least =
        options.hasMinNewTokens()
            ? within("min_new_tokens", options.getMinNewTokens(), 0, config.language().context())
            : 0;
    return switch (options.getConstraintCase()) {
      case REGEX -> constraints.regex(options.getRegex());
      case JSON_SCHEMA -> constraints.jsonSchema(options.getJsonSchema());
      case CONSTRAINT_NOT_SET ->
          least == 0 ? LogitsProcessor.NONE : notBefore(least, config.language().eos());
    };
  }

  /** Keeps the model from ending its answer too early. */
  private static LogitsProcessor notBefore(int tokens, int eos) {
    return (logits, history) -> {
      if (history.length() - history.promptLength() < tokens) {
        logits[eos] = Float.NEGATIVE_INFINITY;
      }
    };
  }

  private static int atLeastOne(String field, int value) {
    return within(field, value, 1, Integer.MAX_VALUE);
  }

  private static int within(String field, int value, int least, int most) {
    if (value < least || value > most) {
      throw OwlException.badInput(field, "%d, allowed is %d to %d".formatted(value, least, most));
    }
    return value;
  }

  private void checkBeams() {
    if (beams > 1 && sampling.temperature() > 0) {
      throw OwlException.badInput("beams", "cannot be combined with temperature");
    }
    if (beams > 1 && !stop.isEmpty()) {
      throw OwlException.badInput("beams", "cannot be combined with stop");
    }
    if (beams > 1 && topLogprobs >= 0) {
      throw OwlException.badInput("beams", "cannot be combined with top_logprobs");
    }
  }

  private void checkResumed(int eos) {
    int count = resumed.size();
    if (count == 0) {
      return;
    }
    if (answers > 1 || beams > 1) {
      throw OwlException.badInput(RESUMED, "cannot be combined with n or beams above 1");
    }
    if (count >= maxTokens) {
      throw OwlException.badInput(
          RESUMED, "%d ids, but max_new_tokens is %d".formatted(count, maxTokens));
    }
    for (int i = 0; i < count; i++) {
      int id = within(RESUMED + "[" + i + "]", resumed.get(i), 0, vocabulary - 1);
      if (id == eos) {
        throw OwlException.badInput(RESUMED + "[" + i + "]", id + " ends the answer");
      }
    }
    if (rule instanceof Constraint constraint) {
      int wrong = constraint.firstRefused(resumed);
      if (wrong < count) {
        throw OwlException.badInput(
            RESUMED + "[" + wrong + "]", resumed.get(wrong) + " is not what the constraint allows");
      }
    }
  }

  /**
   * How the answers come about.
   *
   * @param likelihoods of the tokens of each answer; empty where they are not wanted
   */
  DecodingStrategy choosing(List<Likelihoods> likelihoods) {
    if (beams > 1) {
      return new DecodingStrategy.Beams(
          beams,
          answers,
          lengthPenalty,
          earlyStopping,
          (scores, history) -> {
            rule.apply(scores, history);
            Penalties.apply(sampling, scores, history);
          });
    }
    return new DecodingStrategy.Samples(
        likelihoods.isEmpty()
            ? IntStream.range(0, answers).mapToObj(this::chooser).toList()
            : List.copyOf(likelihoods));
  }

  /** What chooses the tokens of one answer. */
  TokenSampler chooser(int answer) {
    long drawn = (long) resumed.size() * vocabulary;
    return new Sampler(sampling.withSeed(sampling.seed() + answer), rule, drawn)::choose;
  }
}
