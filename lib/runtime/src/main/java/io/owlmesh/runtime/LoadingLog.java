// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.checkpoint.Part;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs how far the loading of a part has come, every few seconds. */
public final class LoadingLog implements WeightLoader.Progress {
  private static final Logger LOG = LoggerFactory.getLogger(LoadingLog.class);
  private static final long EVERY = TimeUnit.SECONDS.toNanos(3);

  private final String part;
  private final long total;
  private final long begin = System.nanoTime();
  private long last = begin;

  private LoadingLog(String part, long total) {
    this.part = part;
    this.total = total;
  }

  public static LoadingLog of(Checkpoint checkpoint, Part part) {
    long total =
        checkpoint.tensors().values().stream()
            .filter(tensor -> part.network(checkpoint.config()).owns(tensor.name()))
            .mapToLong(tensor -> tensor.bytes())
            .sum();
    return new LoadingLog(part.label(), total);
  }

  @Override
  public void loaded(long bytes) {
    long now = System.nanoTime();
    if (bytes < total && now - last < EVERY) {
      return;
    }
    last = now;
    LOG.info(
        "Loading {}: {} of {} MB in {} s",
        part,
        bytes / 1_000_000,
        total / 1_000_000,
        TimeUnit.NANOSECONDS.toSeconds(now - begin));
  }
}
