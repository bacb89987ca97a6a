// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.store.ArchiveFolder;
import io.owlmesh.orchestrator.store.Backup;
import io.owlmesh.proto.mesh.v1.BackupResponse;
import io.owlmesh.proto.mesh.v1.RestoreRequest;
import io.owlmesh.proto.mesh.v1.RestoreResponse;
import io.owlmesh.wire.Faults;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The ways of an archive out of the database and into it. One at a time: each reads all there is.
 */
final class BackupStreams {
  private static final Logger LOG = Logger.getLogger(BackupStreams.class);
  private static final int PIECE = 1 << 20;

  private final Backup backup;
  private final ArchiveFolder folder;
  private final Executor threads;
  private final Semaphore one = new Semaphore(1);

  BackupStreams(Backup backup, ArchiveFolder folder, Executor threads) {
    this.backup = backup;
    this.folder = folder;
    this.threads = threads;
  }

  private void enter() {
    if (!one.tryAcquire()) {
      throw new OwlException(Fault.SATURATED, "", "another archive is being written or read");
    }
  }

  private static OwlException failed(IOException cause) {
    return new OwlException(Fault.UNAVAILABLE, "archive", "it cannot be written or read", cause);
  }

  /** Sends the archive as fast as its caller takes it. */
  void write(StreamObserver<BackupResponse> responses) {
    OutboundStream<BackupResponse> out =
        new OutboundStream<>((ServerCallStreamObserver<BackupResponse>) responses);
    threads.execute(
        Context.current()
            .wrap(() -> {
              try {
                enter();
                try {
                  send(out);
                } finally {
                  one.release();
                }
                out.complete();
              } catch (IOException e) {
                out.fail(failed(e));
              } catch (RuntimeException e) {
                out.fail(e);
              }
            }));
  }

  /** On disk first: a caller who takes it slowly does not hold up the database. */
  private void send(OutboundStream<BackupResponse> out) throws IOException {
    try (ArchiveFolder.Staged archive = folder.open()) {
      try (OutputStream whole = new BufferedOutputStream(archive.out(), PIECE)) {
        var _ = backup.write(whole);
      }
      try (InputStream whole = archive.in();
          OutputStream pieces = new BufferedOutputStream(pieces(out), PIECE)) {
        whole.transferTo(pieces);
      }
    }
  }

  private static OutputStream pieces(OutboundStream<BackupResponse> out) {
    return new OutputStream() {
      @Override
      public void write(int value) {
        write(new byte[] {(byte) value}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int from, int length) {
        for (int at = from; at < from + length; at += PIECE) {
          int piece = Math.min(PIECE, from + length - at);
          out.sendWhenReady(
              BackupResponse.newBuilder().setData(ByteString.copyFrom(bytes, at, piece)).build());
        }
      }
    };
  }

  /** Takes an archive in, keeps it on disk until it is whole, and takes it over. */
  StreamObserver<RestoreRequest> read(StreamObserver<RestoreResponse> response) {
    return new Reading(response);
  }

  private final class Reading implements StreamObserver<RestoreRequest> {
    private final StreamObserver<RestoreResponse> response;
    private ArchiveFolder.@Nullable Staged archive;
    private final AtomicBoolean open = new AtomicBoolean();
    private final AtomicBoolean takingOver = new AtomicBoolean();

    Reading(StreamObserver<RestoreResponse> response) {
      this.response = response;
      try {
        enter();
        open.set(true);
        archive = folder.open();
      } catch (IOException e) {
        fail(failed(e));
      } catch (OwlException e) {
        fail(e);
      }
    }

    @Override
    public void onNext(RestoreRequest piece) {
      if (!open.get() || archive == null) {
        return;
      }
      int size = piece.getData().size();
      if (size < 1 || size > PIECE) {
        fail(OwlException.badInput("data", "%d bytes, 1 to %d are allowed".formatted(size, PIECE)));
        return;
      }
      try {
        archive.write(piece.getData().asReadOnlyByteBuffer());
      } catch (IOException e) {
        fail(failed(e));
      } catch (OwlException e) {
        fail(e);
      }
    }

    @Override
    public void onCompleted() {
      if (open.get()) {
        takingOver.set(true); // From now on the archive is not this caller's to give up.
        threads.execute(this::takeOver);
      }
    }

    private void takeOver() {
      try {
        Backup.Counts counts;
        try (InputStream whole = Objects.requireNonNull(archive).in()) {
          counts = backup.restore(whole);
        }
        leave();
        response.onNext(
            RestoreResponse.newBuilder()
                .setSessions(counts.of("session"))
                .setMessages(counts.of("message"))
                .setImages(counts.of("images"))
                .build());
        response.onCompleted();
      } catch (IOException e) {
        fail(failed(e));
      } catch (RuntimeException e) {
        fail(e);
      }
    }

    private void fail(RuntimeException why) {
      leave();
      response.onError(Faults.toStatus(why));
    }

    private void leave() {
      if (!open.getAndSet(false)) {
        return;
      }
      one.release();
      try {
        if (archive != null) {
          archive.close();
        }
      } catch (IOException e) {
        LOG.warn("An archive that was restored cannot be closed", e);
      }
    }

    @Override
    public void onError(Throwable gone) {
      if (!takingOver.get()) {
        leave();
      }
    }
  }
}
