// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.owlmesh.core.OwlException;
import io.owlmesh.core.SamplingParams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SamplerTest {
  private static final int DRAWS = 20_000;
  // Probabilities 0.1, 0.4, 0.2, 0.3.
  private static final float[] LOGITS = {
    (float) Math.log(1), (float) Math.log(4), (float) Math.log(2), (float) Math.log(3)
  };

  private static double[] frequencies(SamplingParams sampling) {
    Sampler sampler = new Sampler(sampling);
    double[] frequencies = new double[LOGITS.length];
    for (int i = 0; i < DRAWS; i++) {
      frequencies[sampler.choose(LOGITS)] += 1.0 / DRAWS;
    }
    return frequencies;
  }

  private static void assertFrequencies(SamplingParams sampling, double... expected) {
    assertThat(frequencies(sampling)).containsExactly(expected, within(0.02));
  }

  @Test
  void greedyTakesTheFirstOfTheLikeliest() {
    assertThat(new Sampler(SamplingParams.GREEDY).choose(LOGITS)).isEqualTo(1);
    assertThat(new Sampler(SamplingParams.GREEDY).choose(new float[] {1, 2, 2})).isEqualTo(1);
  }

  @Test
  void temperatureOneDrawsByTheSoftmax() {
    assertFrequencies(new SamplingParams(1, 0, 1, 7), 0.1, 0.4, 0.2, 0.3);
  }

  @Test
  void aLowTemperatureSharpens() {
    // Squares of the weights: 1, 16, 4, 9 of 30.
    assertFrequencies(new SamplingParams(0.5, 0, 1, 7), 1 / 30.0, 16 / 30.0, 4 / 30.0, 9 / 30.0);
  }

  @Test
  void topKKeepsTheLikeliestAndShares() {
    assertFrequencies(new SamplingParams(1, 2, 1, 7), 0, 4 / 7.0, 0, 3 / 7.0);
  }

  @Test
  void topPKeepsTheTokenThatCrossesIt() {
    // 0.4 and 0.3 reach 0.7, so 0.75 needs the third.
    assertFrequencies(new SamplingParams(1, 0, 0.75, 7), 0, 4 / 9.0, 2 / 9.0, 3 / 9.0);
    assertFrequencies(new SamplingParams(1, 0, 0.01, 7), 0, 1, 0, 0);
  }

  @Test
  void topPCountsWithinTopK() {
    // Of the two likeliest, 4/7 alone reaches one half.
    assertFrequencies(new SamplingParams(1, 2, 0.5, 7), 0, 1, 0, 0);
  }

  @Test
  void aSeedDrawsTheSameThoughTheLastBitsOfLogitsDiffer() {
    Random random = new Random(3);
    Sampler one = new Sampler(new SamplingParams(1, 900, 0.9, 7));
    Sampler other = new Sampler(new SamplingParams(1, 900, 0.9, 7));
    for (int i = 0; i < 300; i++) {
      float[] logits = new float[1000];
      float[] rounded = new float[1000];
      for (int j = 0; j < logits.length; j++) {
        logits[j] = (float) random.nextGaussian() / 10;
        rounded[j] = logits[j] + (random.nextFloat() - 0.5f) * 1e-6f;
      }
      assertThat(other.choose(rounded)).isEqualTo(one.choose(logits));
    }
  }

  /** Two ids of a prompt, then those of an answer. */
  private record Said(List<Integer> ids) implements TokenHistory {
    @Override
    public int length() {
      return ids.size();
    }

    @Override
    public int promptLength() {
      return Math.min(2, ids.size());
    }

    @Override
    public int id(int position) {
      return ids.get(position);
    }
  }

  private static float[] changed(SamplingParams sampling, Integer... ids) {
    float[] logits = {-1, 4, 2, 3};
    Penalties.apply(sampling, logits, new Said(List.of(ids)));
    return logits;
  }

  @Test
  void minPKeepsWhatIsLikelyBesideTheLikeliest() {
    // Beside 0.4, 0.45 times as likely is 0.18.
    assertFrequencies(
        new SamplingParams(1, 0, 1, 0.45, 1, 0, 0, 0, 7), 0, 4 / 9.0, 2 / 9.0, 3 / 9.0);
    assertFrequencies(new SamplingParams(1, 0, 1, 0.6, 1, 0, 0, 0, 7), 0, 4 / 7.0, 0, 3 / 7.0);
  }

  @Test
  void aRepetitionPenaltyCountsPromptAndAnswerOnceEach() {
    assertThat(changed(new SamplingParams(0, 0, 1, 0, 2, 0, 0, 0, 7), 0, -1, 1, 1))
        .containsExactly(-2, 2, 2, 3);
  }

  @Test
  void presenceAndFrequencyCountTheAnswerAlone() {
    assertThat(changed(new SamplingParams(0, 0, 1, 0, 1, 0.5, 0.25, 0, 7), 0, 3, 1, 1, 2))
        .containsExactly(-1, 3, 1.25f, 3);
  }

  @Test
  void aRunOfIdsDoesNotComeTwice() {
    float never = Float.NEGATIVE_INFINITY;
    // 1 2 3 came, and 1 2 just came again.
    assertThat(changed(new SamplingParams(0, 0, 1, 0, 1, 0, 0, 3, 7), 1, 2, 3, 0, 1, 2))
        .containsExactly(-1, 4, 2, never);
    assertThat(changed(new SamplingParams(0, 0, 1, 0, 1, 0, 0, 1, 7), 1, -1, 3))
        .containsExactly(-1, never, 2, never);
    assertThat(changed(new SamplingParams(0, 0, 1, 0, 1, 0, 0, 3, 7), 1))
        .containsExactly(-1, 4, 2, 3);
  }

  /** Lets the first two ids come. */
  private static void firstTwo(float[] logits, TokenHistory history) {
    logits[2] = Float.NEGATIVE_INFINITY;
    logits[3] = Float.NEGATIVE_INFINITY;
  }

  @Test
  void aRuleComesBeforeAllThatChooses() {
    LogitsProcessor rule = (logits, _) -> logits[1] = Float.NEGATIVE_INFINITY;

    assertThat(new Sampler(SamplingParams.GREEDY, rule, 0).choose(LOGITS.clone())).isEqualTo(3);
    Sampler sampler = new Sampler(new SamplingParams(2, 0, 1, 7), rule, 0);
    for (int i = 0; i < 1000; i++) {
      assertThat(sampler.choose(LOGITS.clone())).isNotEqualTo(1);
    }
  }

  @Test
  void penaltiesBringNothingBackThatARuleForbids() {
    TokenHistory said = new Said(List.of(0, 1, 2, 2, 3));
    for (double repetition : new double[] {0.01, 100}) {
      SamplingParams sampling = new SamplingParams(1, 0, 1, 0, repetition, -2, -2, 0, 7);
      Sampler sampler = new Sampler(sampling, SamplerTest::firstTwo, 0);
      for (int i = 0; i < 100; i++) {
        assertThat(sampler.choose(LOGITS.clone(), said)).isLessThan(2);
      }
    }
  }

  @Test
  void aRunComesTwiceWhereARuleLeavesNothingElse() {
    Sampler sampler =
        new Sampler(new SamplingParams(0, 0, 1, 0, 1, 0, 0, 1, 7), SamplerTest::firstTwo, 0);

    assertThat(sampler.choose(LOGITS.clone(), new Said(List.of(3, 3, 1)))).isZero();
    assertThat(sampler.choose(LOGITS.clone(), new Said(List.of(0, 1)))).isEqualTo(1);
  }

  @Test
  void aRuleThatLeavesNothingIsADefect() {
    LogitsProcessor rule = (logits, _) -> Arrays.fill(logits, Float.NEGATIVE_INFINITY);

    assertThatThrownBy(() -> new Sampler(SamplingParams.GREEDY, rule, 0).choose(LOGITS.clone()))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining("Infinity");
  }

  @Test
  void logitsThatAreNotFiniteAreADefectAndNotAnAnswer() {
    assertThatThrownBy(() -> new Sampler(SamplingParams.GREEDY).choose(new float[] {1, Float.NaN}))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining("NaN");
  }

  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, -1, 10.1})
  void temperaturesOutOfRangeAreRefused(double temperature) {
    assertThatThrownBy(() -> new SamplingParams(temperature, 0, 1, 0))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining("temperature");
  }

  @Test
  void oneThatBeginsLaterChoosesAsIfItHadChosenFromTheBeginning() {
    SamplingParams sampling = new SamplingParams(2, 0, 1, 99);
    Sampler whole = new Sampler(sampling);
    List<Integer> expected = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      expected.add(whole.choose(LOGITS.clone()));
    }

    for (int chosen = 0; chosen < 50; chosen++) {
      Sampler later = new Sampler(sampling, LogitsProcessor.NONE, (long) chosen * LOGITS.length);
      for (int i = chosen; i < 50; i++) {
        assertThat(later.choose(LOGITS.clone())).isEqualTo(expected.get(i));
      }
    }
    assertThat(Set.copyOf(expected)).hasSizeGreaterThan(2);
  }
}
