// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Keeps what a source tells. */
final class Told implements Consumer<Set<ReplicaAddress>> {
  private static final long PATIENCE_SECONDS = 30;

  private final BlockingQueue<Set<ReplicaAddress>> sets = new LinkedBlockingQueue<>();

  @Override
  public void accept(Set<ReplicaAddress> now) {
    sets.add(now);
  }

  /** The next set that is told. */
  Set<ReplicaAddress> next() throws InterruptedException {
    Set<ReplicaAddress> next = sets.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(next).as("a set within %d s", PATIENCE_SECONDS).isNotNull();
    return next;
  }

  boolean isEmpty() {
    return sets.isEmpty();
  }

  static Set<ReplicaAddress> serving(String... addresses) {
    return Arrays.stream(addresses)
        .map(one -> new ReplicaAddress(one, true))
        .collect(Collectors.toSet());
  }
}
