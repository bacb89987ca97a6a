// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.hadoop.util.ShutdownHookManager;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * Trains a recipe with several workers on a Spark cluster: a barrier stage whose tasks are the
 * workers. Spark does not retry such a stage; the driver submits it again, and the workers go on
 * from the state that was saved last.
 *
 * <p>Exit codes: 0 done; 1 failed; 2 a setting that cannot be; a worker's own; 143 stopped.
 */
public final class SparkTraining {
  private static final int FAILED = 1;
  private static final int WRONG_USAGE = 2;
  private static final int STOPPED = 143;

  /** Before Spark's own hook, which takes the executors away. */
  private static final int BEFORE_SPARK = 100;

  private static final int STOP_SECONDS = 90;
  private static final int AGAIN_SECONDS = 2;

  private final JavaSparkContext spark;
  private final TrainingSettings settings;

  SparkTraining(JavaSparkContext spark, TrainingSettings settings) {
    this.spark = spark;
    this.settings = settings;
  }

  public static void main(String[] arguments) throws InterruptedException {
    SparkConf conf = new SparkConf();
    TrainingSettings settings;
    try {
      settings = TrainingSettings.of(conf, List.of(arguments));
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(WRONG_USAGE);
      return;
    }
    CountDownLatch over = new CountDownLatch(1);
    int code;
    try (JavaSparkContext spark = new JavaSparkContext(configured(conf, settings))) {
      ShutdownHookManager.get()
          .addShutdownHook(() -> stop(over), BEFORE_SPARK, STOP_SECONDS, TimeUnit.SECONDS);
      code = new SparkTraining(spark, settings).run();
    } finally {
      over.countDown();
    }
    if (!DriverLine.stopped()) {
      System.exit(code); // Else the JVM is on its way down.
    }
  }

  /** What the job needs of Spark, where its user says nothing else. */
  static SparkConf configured(SparkConf conf, TrainingSettings settings) {
    String[] jars = JavaSparkContext.jarOfClass(SparkTraining.class);
    if (!conf.contains("spark.jars")) {
      conf.setJars(jars);
    }
    return conf.setIfMissing("spark.app.name", "owl " + String.join(" ", settings.arguments()))
        .setIfMissing("spark.ui.enabled", "false")
        .setIfMissing("spark.ui.showConsoleProgress", "false")
        // An executor that was lost is back in seconds; Spark's own numbers wait for ten minutes.
        .setIfMissing(
            "spark.scheduler.barrier.maxConcurrentTasksCheck.interval", AGAIN_SECONDS + "s")
        .setIfMissing("spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", "30")
        .set("spark.plugins", plugins(conf));
  }

  private static String plugins(SparkConf conf) {
    String others = conf.get("spark.plugins", "");
    String own = DriverLine.class.getName();
    return others.isEmpty() ? own : others + "," + own;
  }

  /** The JVM ends when this returns. */
  private static void stop(CountDownLatch over) {
    DriverLine.stop();
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Trains to the end.
   *
   * @return exit code
   */
  int run() throws InterruptedException {
    for (int attempt = 1; ; attempt++) {
      Failures failures = new Failures();
      spark.sc().addSparkListener(failures);
      Optional<String> failed = attempt();
      if (failed.isEmpty()) {
        return 0;
      }
      failures.await();
      spark.sc().removeSparkListener(failures);
      Optional<WorkerEnded> worker = failures.worker().filter(one -> failures.lost().isEmpty());
      String why =
          failures.lost().or(() -> worker.map(WorkerEnded::getMessage)).orElse(failed.get());
      if (DriverLine.stopped()) {
        return STOPPED;
      }
      boolean again =
          failures.lost().isPresent() || worker.filter(WorkerEnded::isWorthTrying).isPresent();
      if (!again || attempt > settings.restarts() || spark.sc().isStopped()) {
        System.err.println(why);
        return worker.map(WorkerEnded::code).orElse(FAILED);
      }
      System.out.printf(
          "%s; all go on from the saved state (%d of %d)%n", why, attempt, settings.restarts());
    }
  }

  /** Runs all workers to their end; why they failed, as Spark says it, if they did. */
  private Optional<String> attempt() {
    ClassTag<Integer> tag = ClassTag$.MODULE$.apply(Integer.class);
    List<Integer> ranks = IntStream.range(0, settings.workers()).boxed().toList();
    WorkerTask task = new WorkerTask(settings, UUID.randomUUID().toString());
    try {
      var unused =
          JavaRDD.fromRDD(
                  spark
                      .parallelize(ranks, settings.workers())
                      .rdd()
                      .barrier()
                      .mapPartitions(task, false, tag),
                  tag)
              .collect();
      return Optional.empty();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) { // SparkException: Scala does not declare it.
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }
}
