// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark;

import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.spark.ExceptionFailure;
import org.apache.spark.ExecutorLostFailure;
import org.apache.spark.TaskEndReason;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobEnd;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.jspecify.annotations.Nullable;

/** Why the tasks of one job ended, as Spark tells its driver. */
final class Failures extends SparkListener {
  private static final int PATIENCE_SECONDS = 10;

  private final CountDownLatch ended = new CountDownLatch(1);
  private @Nullable WorkerEnded worker;
  private @Nullable String lost;

  @Override
  public synchronized void onTaskEnd(SparkListenerTaskEnd event) {
    TaskEndReason reason = event.reason();
    if (reason instanceof ExecutorLostFailure gone) {
      lost =
          "The executor of worker %d is lost (%s)"
              .formatted(
                  event.taskInfo().index(), gone.toErrorString().lines().findFirst().orElse(""));
    } else if (reason instanceof ExceptionFailure failed
        && failed.exception().isDefined()
        && failed.exception().get() instanceof WorkerEnded one
        && (worker == null || worker.isTemporary())) {
      worker = one;
    }
  }

  @Override
  public void onJobEnd(SparkListenerJobEnd event) {
    ended.countDown();
  }

  /** Waits until Spark has told all of it. */
  void await() throws InterruptedException {
    var unused = ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** The worker that ended first, before those that only noticed it; if one did. */
  synchronized Optional<WorkerEnded> worker() {
    return Optional.ofNullable(worker);
  }

  /** The executor that is gone with a worker, as a sentence; if one is. */
  synchronized Optional<String> lost() {
    return Optional.ofNullable(lost);
  }
}
