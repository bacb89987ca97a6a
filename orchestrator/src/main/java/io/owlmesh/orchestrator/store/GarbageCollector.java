// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Looks again and again whether the file of an embedded database has too much garbage. */
final class GarbageCollector implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(GarbageCollector.class);
  private static final int PAUSE_MILLIS = 200;
  private static final int END_SECONDS = 10;

  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("database garbage").daemon(true).factory());
  private final Collection collection;
  private boolean failed;

  /** Collects what is there. */
  @FunctionalInterface
  interface Collection {
    void run() throws Exception;
  }

  GarbageCollector(Collection collection) {
    this.collection = collection;
    clock.scheduleWithFixedDelay(this::collect, PAUSE_MILLIS, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void collect() {
    try {
      collection.run();
      failed = false;
    } catch (Exception e) { // One would end the schedule.
      if (!failed && !clock.isShutdown()) {
        LOG.warn("The database's file cannot be made smaller now", e);
      }
      failed = true;
    }
  }

  @Override
  public void close() {
    // No interrupt: it would close the file under whoever else uses it.
    clock.shutdown();
    try {
      clock.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
