// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.owlmesh.orchestrator.pipeline.FakeMesh;
import io.owlmesh.orchestrator.store.ArchiveFolder;
import io.owlmesh.proto.mesh.v1.BackupRequest;
import io.owlmesh.proto.mesh.v1.BackupResponse;
import io.owlmesh.proto.mesh.v1.MeshGrpc;
import io.owlmesh.proto.mesh.v1.RestoreRequest;
import io.owlmesh.proto.mesh.v1.RestoreResponse;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Archives on their way through the door. */
@Timeout(60)
class BackupStreamsTest {
  private static final ByteString PIECE = ByteString.copyFrom(new byte[700_000]);

  @TempDir Path folder;
  private FakeMesh mesh;

  @BeforeEach
  void open() throws Exception {
    mesh = new FakeMesh(UUID.randomUUID().toString(), Map.of());
  }

  @AfterEach
  void close() {
    mesh.close();
  }

  private static CompletableFuture<RestoreResponse> restore(GrpcDoor door, ByteString... pieces) {
    OneResponse<RestoreResponse> restored = new OneResponse<>();
    StreamObserver<RestoreRequest> upload =
        MeshGrpc.newStub(door.channel).withDeadlineAfter(30, TimeUnit.SECONDS).restore(restored);
    for (ByteString piece : pieces) {
      upload.onNext(RestoreRequest.newBuilder().setData(piece).build());
    }
    upload.onCompleted();
    return restored.response;
  }

  private static ByteString backup(GrpcDoor door) {
    Iterator<BackupResponse> pieces =
        MeshGrpc.newBlockingStub(door.channel)
            .withDeadlineAfter(30, TimeUnit.SECONDS)
            .backup(BackupRequest.getDefaultInstance());
    ByteString archive = ByteString.EMPTY;
    while (pieces.hasNext()) {
      archive = archive.concat(pieces.next().getData());
    }
    return archive;
  }

  @Test
  void whatOneSendsTheOtherTakesAndNoFileIsLeft() throws Exception {
    try (GrpcDoor from = new GrpcDoor(folder.resolve("from"), mesh);
        GrpcDoor to = new GrpcDoor(folder.resolve("to"), mesh)) {
      assertThat(restore(to, backup(from)).get().getSessions()).isZero();

      assertThat(folder.resolve("from/archives")).isEmptyDirectory();
      assertThat(folder.resolve("to/archives")).isEmptyDirectory();
    }
  }

  @Test
  void anArchiveThatIsTooLargeIsRefusedByNameBeforeItIsAllThere() throws Exception {
    try (GrpcDoor door = new GrpcDoor(folder, mesh)) {
      assertThatThrownBy(restore(door, PIECE, PIECE)::get)
          .hasMessageContaining("INVALID_ARGUMENT: archive")
          .hasMessageContaining("1048576 bytes that OWL_MAX_ARCHIVE_BYTES allows");

      // Whoever comes next has its turn.
      assertThat(restore(door, backup(door)).get().getSessions()).isZero();
      assertThat(folder.resolve("archives")).isEmptyDirectory();
    }
  }

  @Test
  void anArchiveLeavesTheDiskRoomForThoseWhoAreServed() throws Exception {
    ArchiveFolder full = new ArchiveFolder(folder.resolve("archives"), 1 << 20, Long.MAX_VALUE);
    try (GrpcDoor door = new GrpcDoor(folder, mesh, full)) {
      assertThatThrownBy(restore(door, PIECE)::get).hasMessageContaining("UNAVAILABLE: archive");
      assertThatThrownBy(() -> backup(door)).hasMessageContaining("UNAVAILABLE: archive");
    }
  }
}
