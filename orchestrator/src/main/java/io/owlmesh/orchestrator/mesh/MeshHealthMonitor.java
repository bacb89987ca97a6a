// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.grpc.Context;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.ListModelsRequest;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import io.owlmesh.wire.HealthService;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Asks the stages again and again whether they are there and serve one checkpoint. Its last finding
 * is what health says and what requests meet.
 */
public final class MeshHealthMonitor implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(MeshHealthMonitor.class);
  private static final long PATIENCE_MILLIS = 2_000;
  private static final long WARM_UP_SECONDS = 300;

  private final StageChannels stages;
  private final HealthStatusManager health;

  private final Runnable needed;
  private final Consumer<MeshInfo> warmUp;
  private final ScheduledExecutorService clock =
      // A second thread, because the warmUp waits on one for a deadline that the other sets off.
      Executors.newScheduledThreadPool(2, Thread.ofPlatform().name("watch").daemon(true).factory());
  // On the clock's thread alone.
  private boolean warmedUp;
  private String lastTold = "";
  private CompletableFuture<Void> checking = CompletableFuture.completedFuture(null);
  private volatile Finding finding =
      new Down(new OwlException(Fault.UNAVAILABLE, "", "the stages have not answered yet"));

  private sealed interface Finding {}

  private record Up(MeshInfo mesh) implements Finding {}

  private record Down(OwlException reason) implements Finding {}

  /**
   * @param warmUp tries a whole mesh out, once, before it counts as ready; fails with a {@link
   *     StageFailure} or an {@link OwlException}
   * @param needed checks what must work, too, for health to say SERVING, although questions that
   *     need nothing of it are answered; fails with an {@link OwlException}
   */
  public MeshHealthMonitor(
      StageChannels stages,
      HealthStatusManager health,
      Consumer<MeshInfo> warmUp,
      Runnable needed) {
    this.needed = needed;
    this.stages = stages;
    this.health = health;
    this.warmUp = warmUp;
  }

  /** Looks now and then every so often. */
  public void start(Duration every) {
    clock.scheduleWithFixedDelay(this::look, 0, every.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * The mesh, if it is whole.
   *
   * @throws OwlException UNAVAILABLE or OTHER_WEIGHTS, saying which stage
   */
  public MeshInfo require() {
    return switch (finding) {
      case Up(MeshInfo mesh) -> mesh;
      case Down(OwlException reason) ->
          throw new OwlException(reason.code(), reason.field(), reason.sentence(), reason);
    };
  }

  private void look() {
    Finding now;
    try {
      MeshInfo mesh = describe();
      now = new Up(mesh);
      if (!warmedUp) {
        warmUpOnce(mesh);
        warmedUp = true;
      }
    } catch (StageFailure e) {
      now = new Down(e.fault());
    } catch (OwlException e) {
      now = new Down(e);
    } catch (RuntimeException e) {
      LOG.error("Watching the stages failed", e);
      return; // An exception would end the schedule.
    }
    finding = now;
    tell(now instanceof Up ? withNeeded(now) : now);
  }

  private Finding withNeeded(Finding stages) {
    if (checking.isDone()) {
      checking = CompletableFuture.runAsync(needed, Thread::startVirtualThread);
    }
    try {
      checking.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
      return stages;
    } catch (TimeoutException e) {
      return new Down(
          new OwlException(Fault.UNAVAILABLE, "", "what keeps conversations does not answer", e));
    } catch (ExecutionException e) {
      return new Down(
          e.getCause() instanceof OwlException known
              ? known
              : new OwlException(Fault.INTERNAL, "", "a check failed", e.getCause()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return stages;
    }
  }

  private void tell(Finding now) {
    if (!told(now).equals(lastTold)) {
      lastTold = told(now);
      LOG.info(lastTold);
      HealthService.tell(
          health,
          ChatGrpc.SERVICE_NAME,
          now instanceof Up ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
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

  private static String told(Finding finding) {
    return switch (finding) {
      case Up _ -> "Ready: all stages answer and serve one checkpoint";
      case Down(OwlException reason) -> "Not ready: " + reason.getMessage();
    };
  }

  private MeshInfo describe() {
    var vision =
        ask(
            StageKind.VISION,
            () ->
                VisionEncoderGrpc.newBlockingStub(stages.untraced(StageKind.VISION))
                    .withDeadlineAfter(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
                    .describe(io.owlmesh.proto.vision.v1.DescribeRequest.getDefaultInstance()));
    var abstractor =
        ask(
            StageKind.ABSTRACTOR,
            () ->
                VisualAbstractorGrpc.newBlockingStub(stages.untraced(StageKind.ABSTRACTOR))
                    .withDeadlineAfter(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
                    .describe(io.owlmesh.proto.abstractor.v1.DescribeRequest.getDefaultInstance()));
    var models =
        ask(
            StageKind.LLM,
            () ->
                LanguageModelGrpc.newBlockingStub(stages.untraced(StageKind.LLM))
                    .withDeadlineAfter(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)
                    .listModels(ListModelsRequest.getDefaultInstance()));
    if (models.getModelsCount() != 1) {
      throw new OwlException(
          Fault.INTERNAL, "", "the llm stage serves %d models".formatted(models.getModelsCount()));
    }
    return MeshInfo.of(vision, abstractor, models.getModels(0));
  }

  private static <T> T ask(StageKind stage, Supplier<T> call) {
    try {
      return call.get();
    } catch (RuntimeException e) {
      StageFailure failure = new StageFailure(stage, e);
      throw failure.fault().fault() == Fault.TOO_LATE
          ? StageFailure.silent(stage, "answer", Duration.ofMillis(PATIENCE_MILLIS)).fault()
          : failure.fault();
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
    health.enterTerminalState();
  }
}
