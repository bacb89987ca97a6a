// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import io.owlmesh.proto.mesh.v1.AddModelRequest;
import io.owlmesh.proto.mesh.v1.BackupRequest;
import io.owlmesh.proto.mesh.v1.BackupResponse;
import io.owlmesh.proto.mesh.v1.Decision;
import io.owlmesh.proto.mesh.v1.DrainRequest;
import io.owlmesh.proto.mesh.v1.ListDecisionsRequest;
import io.owlmesh.proto.mesh.v1.MeshGrpc;
import io.owlmesh.proto.mesh.v1.MeshGrpc.MeshBlockingStub;
import io.owlmesh.proto.mesh.v1.RemoveModelRequest;
import io.owlmesh.proto.mesh.v1.RestoreRequest;
import io.owlmesh.proto.mesh.v1.RestoreResponse;
import io.owlmesh.proto.mesh.v1.ResumeRequest;
import io.owlmesh.proto.mesh.v1.SetCanaryRequest;
import io.owlmesh.proto.mesh.v1.Stage;
import io.owlmesh.proto.mesh.v1.WatchRequest;
import io.owlmesh.proto.mesh.v1.WatchResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** The mesh as its operators see it, through an orchestrator. Every call blocks. */
public final class MeshClient implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration LONG = Duration.ofHours(12);

  /** Bytes of an archive in one message. */
  private static final int PIECE = 1 << 20;

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
    setCanary("", percent);
  }

  /**
   * Sets which share of a model's new work other weights of it get.
   *
   * @param model empty for the one of requests that name none
   */
  public void setCanary(String model, int percent) throws AnswerFailed {
    set(SetCanaryRequest.newBuilder().setModel(model).setPercent(percent).build());
  }

  /**
   * Gives other weights of a model no more work.
   *
   * @param model empty for the one of requests that name none
   * @param why for whoever asks for the state of the mesh; at most 250 characters
   */
  public void endCanary(String model, String why) throws AnswerFailed {
    set(SetCanaryRequest.newBuilder().setModel(model).setEnded(why).build());
  }

  /** Adds a model, whose stages run already or will. */
  public void addModel(AddModelRequest model) throws AnswerFailed {
    var _ = call(stub -> stub.addModel(model));
  }

  /** Removes a model; answers in work end. */
  public void removeModel(String name) throws AnswerFailed {
    var _ = call(stub -> stub.removeModel(RemoveModelRequest.newBuilder().setName(name).build()));
  }

  private void set(SetCanaryRequest canary) throws AnswerFailed {
    var _ = call(stub -> stub.setCanary(canary));
  }

  /**
   * Writes all that the mesh keeps as one zip archive.
   *
   * @throws AnswerFailed if the mesh refuses or fails; then the archive is not whole
   * @throws IOException if it cannot be written
   */
  public void backup(OutputStream archive) throws AnswerFailed, IOException {
    try {
      Iterator<BackupResponse> pieces =
          MeshGrpc.newBlockingStub(connection.channel())
              .withDeadlineAfter(LONG.toMillis(), TimeUnit.MILLISECONDS)
              .backup(BackupRequest.getDefaultInstance());
      while (pieces.hasNext()) {
        pieces.next().getData().writeTo(archive);
      }
    } catch (StatusRuntimeException failed) {
      throw AnswerFailed.of(failed, address);
    }
  }

  /**
   * Gives an archive to a mesh that keeps nothing yet.
   *
   * @return what it took over
   * @throws AnswerFailed if the mesh refuses or fails; then it took nothing
   * @throws IOException if the archive cannot be read
   */
  public RestoreResponse restore(InputStream archive)
      throws AnswerFailed, IOException, InterruptedException {
    try {
      BlockingClientCall<RestoreRequest, RestoreResponse> call =
          MeshGrpc.newBlockingV2Stub(connection.channel())
              .withDeadlineAfter(LONG.toMillis(), TimeUnit.MILLISECONDS)
              .restore();
      byte[] piece = archive.readNBytes(PIECE);
      while (piece.length > 0) {
        if (!call.write(RestoreRequest.newBuilder().setData(ByteString.copyFrom(piece)).build())) {
          break; // It has failed, which reading tells.
        }
        piece = archive.readNBytes(PIECE);
      }
      call.halfClose();
      RestoreResponse taken = call.read();
      return taken == null ? RestoreResponse.getDefaultInstance() : taken;
    } catch (StatusException failed) {
      throw AnswerFailed.of(failed, address);
    }
  }

  @Override
  public void close() {
    connection.close();
  }
}
