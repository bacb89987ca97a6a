// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class DynamicBatcherTest {
  private static final long NEVER = Long.MAX_VALUE;

  /** Work that holds its first batch until it is let go, and remembers the sizes of all. */
  private static final class Held implements Function<List<Integer>, List<Integer>> {
    final CountDownLatch begun = new CountDownLatch(1);
    final CountDownLatch go = new CountDownLatch(1);
    final List<Integer> sizes = new ArrayList<>();

    @Override
    public List<Integer> apply(List<Integer> items) {
      begun.countDown();
      try {
        go.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      sizes.add(items.size());
      return items.stream().map(i -> 10 * i).toList();
    }
  }

  private static Fault faultOf(CompletableFuture<?> future) {
    return future.handle((_, e) -> e instanceof OwlException owl ? owl.fault() : null).join();
  }

  @Test
  void theRateIsThatOfWorkAfterTheWarmUp() {
    List<Long> millis = new ArrayList<>(List.of(500L, 1L));
    Function<List<Integer>, List<Integer>> work =
        items -> {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis.removeFirst()));
          return items;
        };
    try (DynamicBatcher<Integer, Integer> batcher = new DynamicBatcher<>("test", 1, 10, work)) {
      batcher.submit(0, NEVER).join();
      assertThat(batcher.load().getPrefillRate()).isBetween(0.01, 2.0);
      batcher.warmedUp();
      assertThat(batcher.load().getPrefillRate()).isZero();
      batcher.submit(1, NEVER).join();

      assertThat(batcher.load().getPrefillRate()).isGreaterThan(2);
    }
  }

  @Test
  void whatQueuedMeanwhileIsComputedTogetherUpToTheLimit() throws Exception {
    Held work = new Held();
    try (DynamicBatcher<Integer, Integer> batcher = new DynamicBatcher<>("test", 3, 10, work)) {
      List<Integer> told = new ArrayList<>();
      batcher.onBatch(told::add);
      List<CompletableFuture<DynamicBatcher.Done<Integer>>> results = new ArrayList<>();
      results.add(batcher.submit(0, NEVER));
      work.begun.await();
      for (int i = 1; i <= 4; i++) {
        results.add(batcher.submit(i, NEVER));
      }
      work.go.countDown();

      for (int i = 0; i <= 4; i++) {
        assertThat(results.get(i).join().value()).isEqualTo(10 * i);
      }
      assertThat(results.get(1).join().batchSize()).isEqualTo(3);
      assertThat(work.sizes).containsExactly(1, 3, 1);
      assertThat(told).isEqualTo(work.sizes);
    }
  }

  @Test
  void aFullQueueRefusesAtOnce() throws Exception {
    Held work = new Held();
    try (DynamicBatcher<Integer, Integer> batcher = new DynamicBatcher<>("test", 1, 2, work)) {
      batcher.submit(0, NEVER);
      work.begun.await();
      batcher.submit(1, NEVER);
      batcher.submit(2, NEVER);

      assertThatThrownBy(() -> batcher.submit(3, NEVER))
          .isInstanceOf(OwlException.class)
          .hasMessageContaining("holds 2 and is full");
      work.go.countDown();
    }
  }

  @Test
  void cancelledAndExpiredItemsAreNotComputed() throws Exception {
    Held work = new Held();
    try (DynamicBatcher<Integer, Integer> batcher = new DynamicBatcher<>("test", 8, 8, work)) {
      batcher.submit(0, NEVER);
      work.begun.await();
      var cancelled = batcher.submit(1, NEVER);
      var expired = batcher.submit(2, System.nanoTime() - 1);
      var wanted = batcher.submit(3, NEVER);
      cancelled.cancel(false);
      work.go.countDown();

      assertThat(wanted.join().value()).isEqualTo(30);
      assertThat(faultOf(expired)).isEqualTo(Fault.TOO_LATE);
      assertThat(work.sizes).containsExactly(1, 1);
    }
  }

  @Test
  void theThreadOutlivesWhateverABatchThrows() {
    Function<List<Integer>, List<Integer>> work =
        items -> {
          if (items.contains(0)) {
            throw new OutOfMemoryError("as if");
          }
          return items;
        };
    try (DynamicBatcher<Integer, Integer> batcher = new DynamicBatcher<>("test", 1, 8, work)) {
      assertThatThrownBy(batcher.submit(0, NEVER)::join).hasMessageContaining("as if");
      assertThat(batcher.submit(1, NEVER).join().value()).isEqualTo(1);
    }
  }

  @Test
  void closingRefusesWhatWaitsAndFinishesWhatRuns() throws Exception {
    Held work = new Held();
    DynamicBatcher<Integer, Integer> batcher = new DynamicBatcher<>("test", 1, 8, work);
    batcher.submit(0, NEVER);
    work.begun.await();
    var waiting = batcher.submit(1, NEVER);

    Thread closer = Thread.ofPlatform().start(batcher::close);

    assertThat(faultOf(waiting)).isEqualTo(Fault.UNAVAILABLE);
    work.go.countDown();
    closer.join();
    assertThatThrownBy(() -> batcher.submit(2, NEVER)).hasMessageContaining("stopping");
  }
}
