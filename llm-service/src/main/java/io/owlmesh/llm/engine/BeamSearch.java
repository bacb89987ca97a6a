// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.runtime.language.ForwardResult;
import io.owlmesh.runtime.language.LanguageModel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Beam search as Hugging Face's generate() does it: of all beams' continuations the likeliest go
 * on, and twice as many as there are beams are looked at, so that enough are left when some end.
 * Its answers are told when the search is over.
 */
final class BeamSearch extends SequenceGroup {
  private static final Comparator<Step> LIKELIEST_FIRST =
      Comparator.<Step>comparingDouble(step -> -step.sum)
          .thenComparingInt(step -> step.beam.branch())
          .thenComparingInt(Step::id);

  private final DecodingStrategy.Beams options;
  // Logarithm of each beam's probability.
  private final Map<Sequence, Double> sums = new HashMap<>();
  // Of the beams that have come as far as the longest.
  private final Map<Sequence, List<Step>> steps = new HashMap<>();
  private final List<Ended> ended = new ArrayList<>();

  /** A beam one token longer. */
  private record Step(Sequence beam, int id, double sum) {}

  /** A beam that the model has ended, or the limit of tokens. */
  private record Ended(List<Integer> ids, boolean stopped, double score) {}

  BeamSearch(
      EngineRequest request,
      DecodingStrategy.Beams options,
      LanguageModel model,
      long arrival,
      long submitted,
      Runnable onEnd) {
    super(request, model, arrival, submitted, onEnd);
    this.options = options;
  }

  @Override
  List<Sequence> next(ScheduledChunk chunk, ForwardResult result, int segment) {
    Sequence sequence = chunk.sequence();
    requireFinite(result, segment, 0);
    tokenChosen();
    steps.put(sequence, steps(sequence, result.logits(segment, 0)));
    return steps.keySet().containsAll(unfinished()) ? advance() : List.of();
  }

  /** The likeliest continuations of one beam. */
  private List<Step> steps(Sequence sequence, float[] logits) {
    float[] scores = logarithms(logits);
    options.rule().apply(scores, sequence);
    double before = sums.getOrDefault(sequence, 0.0);
    TopK best = new TopK(2 * options.beams());
    for (int id = 0; id < scores.length; id++) {
      best.offer(id, scores[id]);
    }
    return best.ids().stream().map(id -> new Step(sequence, id, before + scores[id])).toList();
  }

  /** Log probabilities [V] of logits. */
  private static float[] logarithms(float[] logits) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    double log = largest + Math.log(sum);
    if (!Double.isFinite(log)) {
      throw new OwlException(Fault.INTERNAL, "", "the logits hold " + log);
    }
    float[] scores = new float[logits.length];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = (float) (logits[i] - log);
    }
    return scores;
  }

  /** All beams are equally long: ends some, and lets the likeliest continuations go on. */
  private List<Sequence> advance() {
    List<Step> best =
        steps.values().stream()
            .flatMap(List::stream)
            .filter(step -> step.sum > Double.NEGATIVE_INFINITY)
            .sorted(LIKELIEST_FIRST)
            .limit(2L * options.beams())
            .toList();
    steps.clear();
    List<Step> going = new ArrayList<>();
    for (int rank = 0; rank < best.size() && going.size() < options.beams(); rank++) {
      Step step = best.get(rank);
      if (step.id != endOfSequence()) {
        going.add(step);
      } else if (rank < options.beams()) {
        end(step, true);
      }
    }
    boolean over = best.isEmpty() || going.isEmpty() || isSettled(best.getFirst());
    if (!over && length(best.getFirst()) == request().maxTokens()) {
      going.forEach(step -> end(step, false));
      over = true;
    }
    if (over) {
      tell();
      return List.of();
    }
    return fork(going);
  }

  private static int length(Step step) {
    return step.beam.length() + 1 - step.beam.promptLength();
  }

  private void end(Step step, boolean stopped) {
    List<Integer> ids = new ArrayList<>();
    for (int i = step.beam.promptLength(); i < step.beam.length(); i++) {
      ids.add(step.beam.id(i));
    }
    // The end of the sequence is no part of its length.
    int length = stopped ? Math.max(ids.size(), 1) : ids.size() + 1;
    ids.add(step.id);
    ended.add(new Ended(ids, stopped, step.sum / Math.pow(length, options.lengthPenalty())));
    ended.sort(Comparator.comparingDouble(one -> -one.score));
    if (ended.size() > options.beams()) {
      ended.removeLast();
    }
  }

  /** Whether what could still come would not be among the best. */
  private boolean isSettled(Step likeliest) {
    if (ended.size() < options.beams()) {
      return false;
    }
    double attainable = likeliest.sum / Math.pow(length(likeliest), options.lengthPenalty());
    return options.early() || ended.getLast().score >= attainable;
  }

  private List<Sequence> fork(List<Step> going) {
    List<Sequence> parents = List.copyOf(unfinished());
    List<Sequence> children = new ArrayList<>();
    sums.clear();
    for (Step step : going) {
      Sequence child = fork(step.beam);
      child.append(step.id);
      sums.put(child, step.sum);
      children.add(child);
    }
    parents.forEach(this::end);
    return children;
  }

  private void tell() {
    if (ended.isEmpty()) {
      throw OwlException.badInput(
          "beams", "the other options let no token follow any of them, so there is no answer");
    }
    for (int i = 0; i < options.answers(); i++) {
      // A rule may leave fewer ways to go than answers are wanted: the best one comes again.
      Ended one = ended.get(Math.min(i, ended.size() - 1));
      int answer = i;
      one.ids.forEach(id -> listener().token(answer, id));
      listener().ended(i, stats(one.stopped, one.ids.size(), OptionalDouble.of(one.score)));
    }
    finish();
  }
}
