// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RecentRateTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final AtomicLong now = new AtomicLong(SECOND);
  private final RecentRate rate = new RecentRate(now::get);

  private void compute(long units, long nanos) {
    now.addAndGet(nanos);
    rate.add(units, nanos);
  }

  @Test
  void nothingIsKnownBeforeAnythingWasDone() {
    assertThat(rate.perSecond()).isZero();
  }

  @Test
  void idlingChangesNothing() {
    compute(50, SECOND);

    now.addAndGet(3_600 * SECOND);

    assertThat(rate.perSecond()).isCloseTo(50, within(1e-9));
  }

  @Test
  void aSlowBeginningIsForgottenAfterSomeWork() {
    compute(50, SECOND);

    for (int i = 0; i < 20; i++) {
      compute(1_000, SECOND);
    }

    assertThat(rate.perSecond()).isBetween(900.0, 1_000.0);
  }

  @Test
  void littleWorkIsBelievedWhenWhatWasBeforeIsOld() {
    compute(50, SECOND);
    compute(20, SECOND / 50);
    assertThat(rate.perSecond()).isLessThan(100);

    now.addAndGet(100 * SECOND);
    compute(20, SECOND / 50);

    assertThat(rate.perSecond()).isGreaterThan(700);
  }

  @Test
  void whatIsForgottenIsNotKnown() {
    compute(50, SECOND);

    rate.forget();

    assertThat(rate.perSecond()).isZero();
  }
}
