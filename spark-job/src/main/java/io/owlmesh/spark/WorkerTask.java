// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark;

import java.io.File;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskKilledException;
import org.apache.spark.util.TaskCompletionListener;
import scala.collection.Iterator;
import scala.runtime.AbstractFunction1;

/**
 * A task of a barrier stage that is one worker: starts its process, and ends with it. All agree
 * once on addresses; gradients never pass through Spark.
 */
final class WorkerTask extends AbstractFunction1<Iterator<Integer>, Iterator<Integer>>
    implements Serializable {
  private static final long serialVersionUID = 1;
  private static final int LOOK_MILLIS = 100;
  private static final int LOOKS_BETWEEN_QUESTIONS = 10;
  private static final int GRACE_LOOKS = 30;

  /** An orphan of the attempt before keeps the output folder for a minute at most. */
  private static final String PATIENCE_SECONDS = "75";

  private final TrainingSettings settings;
  private final String job;

  /**
   * @param job name of this attempt, a secret of its workers
   */
  WorkerTask(TrainingSettings settings, String job) {
    this.settings = settings;
    this.job = job;
  }

  @Override
  public Iterator<Integer> apply(Iterator<Integer> ranks) {
    BarrierTaskContext context = BarrierTaskContext.get();
    try {
      work(context);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TaskKilledException("interrupted");
    } catch (IOException e) {
      throw new UncheckedIOException(e.getMessage(), e);
    }
    return ranks;
  }

  private void work(BarrierTaskContext context) throws IOException, InterruptedException {
    requireRoom();
    int rank = context.partitionId();
    String host = SparkEnv.get().blockManager().blockManagerId().host();
    String[] addresses = context.allGather(host + " " + (rank == 0 ? freePort(host) : 0));
    String[] master = addresses[0].split(" ", 2);
    ProcessBuilder builder =
        OwlProcess.builder(
            settings.home(),
            settings.directory(),
            settings.arguments(),
            Map.of(
                "RANK",
                Integer.toString(rank),
                "WORLD_SIZE",
                Integer.toString(settings.workers()),
                "MASTER_ADDR",
                master[0],
                "MASTER_PORT",
                master[1],
                "OWL_WORKER_HOST",
                host,
                "OWL_WORKER_JOB",
                job,
                "OWL_WORKER_PATIENCE",
                PATIENCE_SECONDS));
    Process worker =
        builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null"))).start();
    context.addTaskCompletionListener((TaskCompletionListener) ended -> worker.destroyForcibly());
    Tail tail = new Tail();
    Thread out = LineReader.start(worker.getInputStream(), line -> told(rank, line));
    Thread err = LineReader.start(worker.getErrorStream(), tail::add);
    int code = await(context, rank, worker);
    out.join();
    err.join();
    if (code != 0) {
      throw new WorkerEnded(rank, code, host, tail.toString());
    }
  }

  /** Waits for the end of a worker, which is ended itself if the task is. */
  private static int await(BarrierTaskContext context, int rank, Process worker)
      throws InterruptedException {
    boolean stopped = false;
    for (int look = 1; !worker.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS); look++) {
      requireAlive(context);
      if (rank == 0 && !stopped && look % LOOKS_BETWEEN_QUESTIONS == 0) {
        stopped = DriverLine.asksToStop();
        if (stopped) {
          // All agree on the step after which they save and end. Not Process.destroy: that closes
          // the streams by which they say so.
          worker.toHandle().destroy();
        }
      }
    }
    // Whose end it was that others noticed is told first.
    int code = worker.exitValue();
    for (int look = 0; code == WorkerEnded.TEMPORARY && !stopped && look < GRACE_LOOKS; look++) {
      requireAlive(context);
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
    return code;
  }

  private static void requireAlive(BarrierTaskContext context) {
    if (context.isInterrupted()) {
      throw new TaskKilledException("another worker ended");
    }
  }

  /** Other processes of this machine may have taken what the executor was promised. */
  private void requireRoom() throws IOException {
    long free = HostMemory.available();
    if (free < settings.room()) {
      throw new IllegalStateException(
          "%s is %d MiB, and this machine has only %d MiB left"
              .formatted(TrainingSettings.ROOM, settings.room() >> 20, free >> 20));
    }
  }

  private static int freePort(String host) throws IOException {
    try (ServerSocket free = new ServerSocket()) {
      free.bind(new InetSocketAddress(host, 0));
      return free.getLocalPort();
    }
  }

  private static void told(int rank, String line) {
    if (rank == 0) {
      DriverLine.say(line);
    }
  }
}
