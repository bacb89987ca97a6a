// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.owlmesh.proto.mesh.v1.Decision;
import io.owlmesh.proto.mesh.v1.DrainRequest;
import io.owlmesh.proto.mesh.v1.ListDecisionsRequest;
import io.owlmesh.proto.mesh.v1.MeshGrpc;
import io.owlmesh.proto.mesh.v1.MeshGrpc.MeshBlockingStub;
import io.owlmesh.proto.mesh.v1.ResumeRequest;
import io.owlmesh.proto.mesh.v1.SetCanaryRequest;
import io.owlmesh.proto.mesh.v1.Stage;
import io.owlmesh.proto.mesh.v1.WatchRequest;
import io.owlmesh.proto.mesh.v1.WatchResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** The mesh as its operators see it, through an orchestrator. Every call blocks. */
public final class MeshClient implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Address address;
  private final Connection connection;

  /**
   * Connects when first asked.
   *
   * @param address of an orchestrator
   */
  public MeshClient(Address address) {
    this.address = address;
    connection = new Connection(address);
  }

  private <T> T call(Function<MeshBlockingStub, T> rpc) throws AnswerFailed {
    try {
      return rpc.apply(
          MeshGrpc.newBlockingStub(connection.channel())
              .withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
    } catch (StatusRuntimeException failed) {
      throw AnswerFailed.of(failed, address);
    }
  }

  /** All replicas, as they are now. */
  public WatchResponse state() throws AnswerFailed {
    Context.CancellableContext once = Context.current().withCancellation();
    Context before = once.attach();
    try {
      return call(stub -> stub.watch(WatchRequest.getDefaultInstance()).next());
    } finally {
      once.detach(before);
      once.cancel(null); // The stream would go on.
    }
  }

  /**
   * Sends no more work to a replica.
   *
   * @param force even to the last of its stage
   */
  public void drain(Stage stage, String replica, boolean force) throws AnswerFailed {
    var _ =
        call(stub ->
            stub.drain(
                DrainRequest.newBuilder()
                    .setStage(stage)
                    .setAddress(replica)
                    .setForce(force)
                    .build()));
  }

  /** Sends work to a replica again. */
  public void resume(Stage stage, String replica) throws AnswerFailed {
    var _ =
        call(stub ->
            stub.resume(ResumeRequest.newBuilder().setStage(stage).setAddress(replica).build()));
  }

  /** The latest choices of replicas, the newest first. */
  public List<Decision> decisions(int limit) throws AnswerFailed {
    return call(stub ->
        stub.listDecisions(ListDecisionsRequest.newBuilder().setLimit(limit).build())
            .getDecisionsList());
  }

  /** Sets which share of new work other weights get, percent. */
  public void setCanary(int percent) throws AnswerFailed {
    set(SetCanaryRequest.newBuilder().setPercent(percent).build());
  }

  /**
   * Gives other weights no more work.
   *
   * @param why for whoever asks for the state of the mesh; at most 512 characters
   */
  public void endCanary(String why) throws AnswerFailed {
    set(SetCanaryRequest.newBuilder().setEnded(why).build());
  }

  private void set(SetCanaryRequest canary) throws AnswerFailed {
    var _ = call(stub -> stub.setCanary(canary));
  }

  @Override
  public void close() {
    connection.close();
  }
}
