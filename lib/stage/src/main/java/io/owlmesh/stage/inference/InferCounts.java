// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage.inference;

import io.owlmesh.proto.inference.InferBatchStatistics;
import io.owlmesh.proto.inference.InferStatistics;
import io.owlmesh.proto.inference.ModelStatistics;
import io.owlmesh.proto.inference.StatisticDuration;
import io.owlmesh.stage.inference.ServedModel.Computed;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Counts and times of one model's requests, since the start. */
final class InferCounts {
  /** Batches whose last image is told of later than so many batches after it are counted twice. */
  private static final int REMEMBERED = 1024;

  private final Count success = new Count();
  private final Count fail = new Count();
  private final Count queue = new Count();
  private final Count input = new Count();
  private final Count infer = new Count();
  private final Count output = new Count();
  private final Map<Integer, Count> batches = new TreeMap<>();
  private final Set<Long> recent = new HashSet<>();
  private long lastInference;
  private long inferences;
  private long executions;

  private static final class Count {
    private long count;
    private long nanos;

    void add(long duration) {
      count++;
      nanos += duration;
    }

    StatisticDuration toProto() {
      return StatisticDuration.newBuilder().setCount(count).setNs(nanos).build();
    }
  }

  /** A request arrived. */
  synchronized void arrived() {
    lastInference = System.currentTimeMillis();
  }

  /** An image was computed, whatever becomes of its request; its batch counts once. */
  synchronized void computed(Computed image) {
    if (recent.add(image.batch())) {
      executions++;
      batches.computeIfAbsent(image.batchSize(), _ -> new Count()).add(image.computeNanos());
      if (recent.size() > 2 * REMEMBERED) {
        recent.removeIf(batch -> batch < image.batch() - REMEMBERED);
      }
    }
  }

  /**
   * A request was answered.
   *
   * @param nanos of the whole request
   * @param inputNanos until its tensor was read
   * @param outputNanos making the response
   */
  synchronized void succeeded(
      List<Computed> images, long nanos, long inputNanos, long outputNanos) {
    Computed slowest = images.stream().max(Comparator.comparingLong(Computed::nanos)).orElseThrow();
    inferences += images.size();
    success.add(nanos);
    queue.add(slowest.queueNanos());
    input.add(inputNanos + slowest.prepareNanos());
    infer.add(slowest.computeNanos());
    output.add(outputNanos);
  }

  /** A request was not answered. */
  synchronized void failed(long nanos) {
    fail.add(nanos);
  }

  synchronized ModelStatistics toProto(String name, String version) {
    ModelStatistics.Builder statistics =
        ModelStatistics.newBuilder()
            .setName(name)
            .setVersion(version)
            .setLastInference(lastInference)
            .setInferenceCount(inferences)
            .setExecutionCount(executions)
            .setInferenceStats(
                InferStatistics.newBuilder()
                    .setSuccess(success.toProto())
                    .setFail(fail.toProto())
                    .setQueue(queue.toProto())
                    .setComputeInput(input.toProto())
                    .setComputeInfer(infer.toProto())
                    .setComputeOutput(output.toProto()));
    batches.forEach((size, count) ->
        statistics.addBatchStats(
            InferBatchStatistics.newBuilder().setBatchSize(size).setComputeInfer(count.toProto())));
    return statistics.build();
  }
}
