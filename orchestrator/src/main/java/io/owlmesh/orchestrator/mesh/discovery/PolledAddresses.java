// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Asks a source again and again. */
final class PolledAddresses implements ReplicaAddresses {
  private final String field;
  private final AddressLookup source;
  private final Duration every;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("addresses").daemon(true).factory());

  /**
   * @param field the setting that names the source
   * @param every the time from the end of a look to the next
   */
  PolledAddresses(String field, AddressLookup source, Duration every) {
    this.field = field;
    this.source = source;
    this.every = every;
  }

  @Override
  public void watch(Consumer<Set<ReplicaAddress>> told) {
    AddressChanges changes = new AddressChanges(field, told);
    var _ =
        clock.scheduleWithFixedDelay(
            () -> look(changes), 0, every.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void look(AddressChanges changes) {
    try {
      changes.found(source.look());
    } catch (IOException | OwlException unreadable) {
      changes.failed(Objects.requireNonNullElse(unreadable.getMessage(), unreadable.toString()));
    } catch (InterruptedException closing) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException defect) {
      changes.failed(defect.toString()); // An exception would end the schedule.
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
    source.close();
  }
}
