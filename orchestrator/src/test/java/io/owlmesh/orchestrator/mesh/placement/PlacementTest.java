// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.placement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.OwlException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlacementTest {
  private static final Work PROMPT = new Work(500, "picture");
  private static final Candidate IDLE = told("idle", 0, 0, 1_000, 0);

  private static Candidate told(
      String address, int outstanding, long waiting, double rate, int cached) {
    return new Candidate(address, outstanding, 1, true, waiting, rate, 0, 0, 0, cached);
  }

  private static Choice soonest(Candidate... candidates) {
    return new ExpectedTime().choose(List.of(candidates), PROMPT);
  }

  @Test
  void aCachedBeginningIsWorthAWaitThatIsShorterThanReadingItAgain() {
    Candidate knows = told("knows", 1, 300, 1_000, 450);

    assertThat(soonest(IDLE, knows))
        .returns(1, Choice::index)
        .returns("cached beginning", Choice::reason);
    assertThat(soonest(IDLE, told("knows", 1, 600, 1_000, 450)).index()).isZero();
  }

  @Test
  void theExpectedTimeIsWhatWaitsAndWhatIsNotCachedOverTheRate() {
    assertThat(soonest(told("one", 0, 200, 1_000, 100)).expectedSeconds())
        .isEqualTo((200 + 500 - 100) / 1_000.0);
  }

  @Test
  void aBeginningThatAllShareDoesNotBuryTheOneThatHasIt() {
    Choice choice = soonest(IDLE, told("hot", 8, 0, 1_000, 499));

    assertThat(choice).returns(0, Choice::index).returns("next best", Choice::reason);
    assertThat(choice.told()).anySatisfy(told -> assertThat(told).contains("over its share"));
  }

  @Test
  void aSlowReplicaGetsLessThanAFastOne() {
    int[] outstanding = new int[2];
    Placement placement = new ExpectedTime();
    for (int i = 0; i < 50; i++) {
      Choice choice =
          placement.choose(
              List.of(
                  told("slow", outstanding[0], 500L * outstanding[0], 1_000, 0),
                  told("fast", outstanding[1], 500L * outstanding[1], 4_000, 0)),
              PROMPT);
      outstanding[choice.index()]++;
    }
    assertThat(outstanding[0]).isBetween(8, 13);
  }

  @Test
  void aReplicaThatOnceSeemedSlowIsAskedAgainWhenItHasBeenIdle() {
    Candidate busy = told("busy", 3, 1_500, 1_000, 0);

    assertThat(soonest(busy, seemedSlow(1)).index()).isZero();
    assertThat(soonest(busy, seemedSlow(60)).index()).isEqualTo(1);
  }

  @Test
  void oneThatHasAllBeginningsSharesItsWorkWithOneThatOnceSeemedSlow() {
    Candidate knows = told("knows", 5, 0, 1_000, 499);

    assertThat(soonest(knows, seemedSlow(1)).index()).isZero();
    assertThat(soonest(knows, seemedSlow(60)))
        .returns(1, Choice::index)
        .returns("next best", Choice::reason);
  }

  @Test
  void ofReplicasThatAreAllIdleTheFastOneIsChosenHoweverLong() {
    Candidate fast = new Candidate("fast", 0, 1, true, 0, 1_000, 3_600, 0, 0, 0);

    assertThat(soonest(seemedSlow(3_600), fast).index()).isEqualTo(1);
  }

  private static Candidate seemedSlow(double idleSeconds) {
    return new Candidate("slow", 0, 1, true, 0, 20, idleSeconds, 0, 0, 0);
  }

  @Test
  void whereNothingIsToldTheOneWithTheLeastOfOurWorkIsChosen() {
    Choice choice =
        soonest(
            Candidate.unreported("busy", 5, 1),
            Candidate.unreported("free", 1, 1),
            Candidate.unreported("busy too", 3, 1));

    assertThat(choice).returns(1, Choice::index).returns("least outstanding", Choice::reason);
  }

  @Test
  void aNewReplicaGetsAShareOfTheWork() {
    Candidate cold = Candidate.unreported("cold", 0, 0.1);
    Candidate warm = Candidate.unreported("warm", 3, 1);

    assertThat(new LeastOutstanding().choose(List.of(cold, warm), PROMPT).index()).isEqualTo(1);
  }

  @Test
  void consistentHashingKeepsABeginningWhereItWasWhenAnotherReplicaComes() {
    Placement placement = new ConsistentHashing();
    List<Candidate> two = List.of(Candidate.unreported("a", 0, 1), Candidate.unreported("b", 0, 1));
    List<Candidate> three = List.of(two.get(0), two.get(1), Candidate.unreported("c", 0, 1));

    List<Integer> moved =
        IntStream.range(0, 200)
            .filter(i -> {
              Work work = new Work(1, "beginning " + i);
              int before = placement.choose(two, work).index();
              int after = placement.choose(three, work).index();
              assertThat(after == before || after == 2).isTrue();
              return after != before;
            })
            .boxed()
            .toList();

    assertThat(moved.size()).isBetween(40, 95);
  }

  @Test
  void consistentHashingPassesOverWhoHasMoreThanItsShare() {
    Placement placement = new ConsistentHashing();
    int usual =
        placement
            .choose(
                List.of(Candidate.unreported("a", 0, 1), Candidate.unreported("b", 0, 1)), PROMPT)
            .index();
    Candidate full = Candidate.unreported(usual == 0 ? "a" : "b", 9, 1);
    Candidate free = Candidate.unreported(usual == 0 ? "b" : "a", 1, 1);

    assertThat(placement.choose(List.of(full, free), PROMPT).index()).isEqualTo(1);
  }

  @Test
  void roundRobinTakesOneAfterTheOther() {
    Placement placement = new RoundRobin();
    List<Candidate> three = List.of(IDLE, IDLE, IDLE);

    assertThat(IntStream.range(0, 6).map(_ -> placement.choose(three, PROMPT).index()))
        .containsExactly(0, 1, 2, 0, 1, 2);
  }

  @Test
  void bestOfTwoNeverTakesTheFullestOfThree() {
    Placement placement = new BestOfTwo();
    List<Candidate> three =
        List.of(
            Candidate.unreported("a", 9, 1),
            Candidate.unreported("b", 1, 1),
            Candidate.unreported("c", 2, 1));

    assertThat(IntStream.range(0, 100).map(_ -> placement.choose(three, PROMPT).index()))
        .containsOnly(1, 2);
  }

  @Test
  void aPlacementThatIsNotKnownIsRefusedWithTheKnownOnes() {
    assertThatThrownBy(() -> Placement.named("magic"))
        .isInstanceOf(OwlException.class)
        .hasMessage(
            "owl.placement: 'magic'; known are [consistent-hashing, expected-time,"
                + " least-outstanding, round-robin]");
  }
}
