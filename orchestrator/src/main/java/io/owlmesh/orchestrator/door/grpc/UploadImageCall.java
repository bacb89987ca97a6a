// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.owlmesh.proto.chat.v1.UploadImageRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The caller's side of one UploadImage: gathers the file, then hands it on. */
final class UploadImageCall implements StreamObserver<UploadImageRequest> {
  private static final int MAX_CHUNK = 1 << 20;

  private final AdmissionControl answers;
  private final Context.CancellableContext life;
  private final Consumer<ByteString> keep;
  private final Consumer<Throwable> refuse;
  private final int maxBytes;
  private final List<Runnable> held = new ArrayList<>();
  private final Runnable unwatch;
  private @Nullable Reservation room;
  private volatile long arrived;
  private long announced;
  private ByteString file = ByteString.EMPTY;
  private boolean over;

  /**
   * @param maxBytes of a file
   * @param keep called once with the whole file
   * @param refuse called once instead if it is wrong, or does not come in time
   */
  UploadImageCall(
      int maxBytes,
      AdmissionControl answers,
      Consumer<ByteString> keep,
      Consumer<Throwable> refuse) {
    this.maxBytes = maxBytes;
    this.answers = answers;
    this.keep = keep;
    this.refuse = refuse;
    this.life = answers.deadline();
    this.unwatch =
        answers.watch(
            () -> arrived, () -> end(new OwlException(Fault.TOO_LATE, "data", "does not arrive")));
    life.addListener(
        ended -> end(Contexts.statusFromCancelled(ended).asRuntimeException()), Runnable::run);
  }

  @Override
  public synchronized void onNext(UploadImageRequest request) {
    if (over) {
      return; // Refused, or whole; what is still on its way is dropped.
    }
    try {
      switch (request.getStepCase()) {
        case HEADER -> begin(request.getHeader().getSizeBytes());
        case DATA -> add(request.getData());
        case STEP_NOT_SET -> throw OwlException.badInput("step", "is neither header nor data");
      }
    } catch (RuntimeException e) {
      end(e);
    }
  }

  private void begin(long size) {
    if (announced > 0) {
      throw OwlException.badInput("header", "was sent already");
    }
    if (size < 1 || size > maxBytes) {
      throw new OwlException(
          size < 1 ? ErrorCode.INVALID_VALUE : ErrorCode.IMAGE_TOO_LARGE,
          "header.size_bytes",
          size + ", allowed is 1 to " + maxBytes);
    }
    room = new Reservation(bytes -> held.add(answers.hold(bytes)), size);
    announced = size;
  }

  private void add(ByteString data) {
    if (room == null) {
      throw OwlException.badInput("header", "must come before its data");
    }
    if (data.isEmpty() || data.size() > MAX_CHUNK) {
      throw OwlException.badInput("data", data.size() + " bytes, allowed are 1 to " + MAX_CHUNK);
    }
    if (file.size() + (long) data.size() > announced) {
      throw OwlException.badInput("data", "more than the " + announced + " bytes announced");
    }
    arrived = (long) file.size() + data.size();
    room.grow(arrived);
    file = file.concat(data);
    if (file.size() == announced) {
      over = true;
      unwatch.run();
      answers.execute(life.wrap(this::keepAll));
    }
  }

  private void keepAll() {
    try {
      keep.accept(file);
    } catch (RuntimeException e) {
      refuse.accept(e);
    } finally {
      free();
    }
  }

  private synchronized void free() {
    file = ByteString.EMPTY;
    held.forEach(Runnable::run);
    held.clear();
    life.cancel(null);
  }

  @Override
  public synchronized void onCompleted() {
    if (!over) {
      end(
          OwlException.badInput(
              "data", "%d of %d bytes arrived".formatted(file.size(), announced)));
    }
  }

  @Override
  public void onError(Throwable cancelled) {
    end(cancelled);
  }

  private synchronized void end(Throwable failure) {
    if (!over) {
      over = true;
      unwatch.run();
      refuse.accept(failure);
      free();
    }
  }
}
