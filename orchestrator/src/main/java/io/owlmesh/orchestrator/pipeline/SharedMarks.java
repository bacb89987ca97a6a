// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.mesh.MeshInfo.WeightDigests;
import io.owlmesh.orchestrator.mesh.Replica;
import io.owlmesh.orchestrator.mesh.WeightGroups;
import io.owlmesh.orchestrator.store.OperatorMarks;
import io.owlmesh.orchestrator.store.OperatorMarks.Canary;
import io.owlmesh.orchestrator.store.OperatorMarks.Drained;
import io.owlmesh.orchestrator.store.OperatorStore;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Keeps what operators set the same at all orchestrators of a database: what is set here is written
 * at once, and what others wrote is read every second. Without a shared database it does nothing.
 */
final class SharedMarks implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(SharedMarks.class);
  private static final long ROUND_MILLIS = 1_000;

  private final OperatorStore store;
  private final MeshGateway gateway;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("operators").daemon(true).factory());
  private final Map<MeshModel, Long> versions = new WeakHashMap<>();
  private boolean failed;

  SharedMarks(OperatorStore store, MeshGateway gateway) {
    this.store = store;
    this.gateway = gateway;
    if (store.isShared()) {
      clock.scheduleWithFixedDelay(this::look, 0, ROUND_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void look() {
    try {
      read();
      failed = false;
    } catch (OwlException e) {
      if (!failed) {
        failed = true;
        LOG.warn("What operators set at other orchestrators could not be read", e);
      }
    } catch (RuntimeException e) {
      LOG.error("What operators set was not read", e); // An exception would end the schedule.
    }
  }

  private synchronized void read() {
    List<Replica> replicas = gateway.pool().all().toList();
    OperatorMarks marks = store.read(replicas.stream().map(SharedMarks::named).toList());
    replicas.forEach(one -> one.takeOut(marks.drained().contains(named(one))));
    gateway.models().forEach(model -> read(model, marks.canary(model.places().name())));
  }

  private void read(MeshModel model, Canary set) {
    Canary ours = canary(model, set.version());
    Long last = versions.put(model, set.version());
    if (last == null || last != set.version()) {
      model.replicas().groups().adopt(shares(set));
    } else if (!ours.says(set)) {
      store.change(ours); // Ended by itself, or its weights are in use now.
    }
  }

  private static Drained named(Replica one) {
    return new Drained(one.stage().label(), one.address());
  }

  private static Canary canary(MeshModel model, long version) {
    WeightGroups.Shares now = model.replicas().groups().shares();
    String inUse =
        now.inUse()
            .map(weights ->
                String.join(" ", weights.vision(), weights.abstractor(), weights.language()))
            .orElse("");
    return new Canary(model.places().name(), version, now.percent(), now.ended(), inUse);
  }

  private static WeightGroups.Shares shares(Canary set) {
    List<String> digests = Arrays.asList(set.inUse().split(" ", -1));
    Optional<WeightDigests> inUse =
        digests.size() == 3
            ? Optional.of(new WeightDigests(digests.get(0), digests.get(1), digests.get(2)))
            : Optional.empty();
    return new WeightGroups.Shares(set.percent(), set.ended(), inUse);
  }

  /**
   * A replica gets no more work, or gets some again.
   *
   * @throws OwlException UNAVAILABLE if the others cannot be told; then nothing changes
   */
  synchronized void drain(Replica replica, boolean out) {
    if (store.isShared()) {
      store.drain(named(replica), out);
    }
    replica.takeOut(out);
  }

  /**
   * Sets the share of a model's canary.
   *
   * @throws OwlException BAD_INPUT; UNAVAILABLE if the others cannot be told: then it is set here
   */
  synchronized void setCanary(MeshModel model, int percent, String ended) {
    model.replicas().groups().setCanary(percent, ended);
    if (store.isShared()) {
      store.set(canary(model, 0));
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
