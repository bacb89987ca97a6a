// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.grpc.Context;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Whether one model can be asked: tries it out once, and looks at its stages from then on. */
public final class ModelHealth implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ModelHealth.class);
  private static final long WARM_UP_SECONDS = 300;

  private final String model;
  private final WeightGroups groups;
  private final Consumer<MeshInfo> warmUp;
  private final ScheduledExecutorService clock =
      // A second thread, because the warm-up waits on one for a deadline that the other sets off.
      Executors.newScheduledThreadPool(2, Thread.ofVirtual().name("model-health").factory());
  private String lastTold = ""; // On the clock's thread alone.
  private volatile Optional<OwlException> notWarm;

  /**
   * @param model its name; empty for the only one
   * @param warmUp tries the whole model out, once, before it counts as ready; fails with a {@link
   *     StageFailure} or an {@link OwlException}
   */
  public ModelHealth(String model, WeightGroups groups, Consumer<MeshInfo> warmUp) {
    this.model = model;
    this.groups = groups;
    this.warmUp = warmUp;
    notWarm =
        Optional.of(
            new OwlException(
                Fault.UNAVAILABLE,
                "",
                "the stages%s have not answered yet"
                    .formatted(model.isEmpty() ? "" : " of model '" + model + "'")));
  }

  /**
   * Looks now and then every so often.
   *
   * @param tried whether the model was tried out before, by other addresses
   */
  public void start(Duration every, boolean tried) {
    if (tried) {
      notWarm = Optional.empty();
    }
    clock.scheduleWithFixedDelay(this::look, 0, every.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Whether it was tried out. */
  public boolean isTried() {
    return notWarm.isEmpty();
  }

  /**
   * What is in use, if the model is whole and was tried out.
   *
   * @throws OwlException UNAVAILABLE or OTHER_WEIGHTS, saying which stage
   */
  public MeshInfo require() {
    notWarm.ifPresent(reason -> {
      throw reason.renamed(reason.field());
    });
    return groups.inUse();
  }

  private void look() {
    Optional<OwlException> why = Optional.empty();
    try {
      MeshInfo mesh = groups.inUse();
      if (notWarm.isPresent()) {
        warmUpOnce(mesh);
        notWarm = Optional.empty();
      }
    } catch (StageFailure e) {
      why = Optional.of(e.fault());
    } catch (OwlException e) {
      why = Optional.of(e);
    } catch (RuntimeException e) {
      LOG.errorf(e, "Looking at the stages%s failed", model.isEmpty() ? "" : " of " + model);
      return; // An exception would end the schedule.
    }
    if (notWarm.isPresent()) {
      notWarm = why;
    }
    tell(why);
  }

  private void tell(Optional<OwlException> why) {
    String told = why.map(reason -> "not ready: " + reason.getMessage()).orElse("ready");
    if (!model.isEmpty() && !told.equals(lastTold)) {
      lastTold = told;
      LOG.infof("The model '%s' is %s", model, told);
    }
  }

  /** Under a deadline, for a stage that hangs must not keep this from looking again. */
  private void warmUpOnce(MeshInfo mesh) {
    Context.CancellableContext context =
        Context.ROOT.withDeadlineAfter(WARM_UP_SECONDS, TimeUnit.SECONDS, clock);
    try {
      context.run(() -> warmUp.accept(mesh));
    } finally {
      context.cancel(null);
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
