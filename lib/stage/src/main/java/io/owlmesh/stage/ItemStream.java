// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.tensor.v1.ItemError;
import io.owlmesh.wire.Faults;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * The server's end of a stream of independent items, each answered as soon as it is ready. Faults
 * that lie in an item answer that item; others end the stream. At most {@code window} items are
 * taken before the reader has taken their answers, so a slow reader costs bounded memory.
 *
 * @param <Q> a request: one item
 * @param <R> its answer
 */
public final class ItemStream<Q, R> implements StreamObserver<Q> {
  private static final System.Logger LOG = System.getLogger(ItemStream.class.getName());
  private static final int MAX_ID = 128;

  private final ServerCallStreamObserver<R> responses;
  private final Work<Q, R> work;
  private final Set<String> seen = new HashSet<>();
  private final Map<String, CompletableFuture<R>> running = new HashMap<>();
  private int owed; // Requests to ask for once the reader is ready.
  private int answered;
  private boolean halfClosed;
  private boolean ended;

  /** What is done with items. */
  public interface Work<Q, R> {
    /** The id that the caller gave it. */
    String id(Q request);

    /**
     * Begins an item; cancelling the future gives it up.
     *
     * @throws OwlException at once for what is wrong with it
     */
    CompletableFuture<R> begin(Q request);

    /** The answer that says why an item failed. */
    R failed(String id, ItemError error);

    /** The stream is over, with so many items answered. Called once. */
    void ended(int answered, Status status);
  }

  private ItemStream(ServerCallStreamObserver<R> responses, Work<Q, R> work) {
    this.responses = responses;
    this.work = work;
  }

  /**
   * Opens the stream; to be called, and its result returned, from the service's method.
   *
   * @param window items in flight at most
   */
  public static <Q, R> StreamObserver<Q> open(
      StreamObserver<R> responses, int window, Work<Q, R> work) {
    ServerCallStreamObserver<R> call = (ServerCallStreamObserver<R>) responses;
    ItemStream<Q, R> stream = new ItemStream<>(call, work);
    call.disableAutoRequest();
    call.setOnCancelHandler(() -> stream.abort(Status.CANCELLED));
    call.setOnReadyHandler(stream::ask);
    call.request(window);
    return stream;
  }

  @Override
  public void onNext(Q request) {
    CompletableFuture<R> result;
    String id = work.id(request);
    try {
      synchronized (this) {
        if (ended) {
          return;
        }
        checkId(id);
      }
      result = work.begin(request);
    } catch (RuntimeException e) {
      refuse(id, e); // Not settle: a running item may have the same id.
      return;
    }
    boolean late;
    synchronized (this) {
      late = ended;
      if (!late) {
        running.put(id, result);
      }
    }
    if (late) {
      result.cancel(false);
    } else {
      result.whenComplete((answer, failure) -> settle(id, answer, failure));
    }
  }

  private void checkId(String id) {
    if (id.length() > MAX_ID) {
      throw OwlException.badInput("id", id.length() + " characters, the limit is " + MAX_ID);
    }
    if (!seen.add(id)) {
      throw OwlException.badInput("id", "'" + id + "' was used before on this stream");
    }
  }

  /** An item came to its end. */
  private void settle(String id, @Nullable R answer, @Nullable Throwable failure) {
    R outcome = answer != null || failure == null ? answer : itemError(id, failure);
    if (outcome != null) {
      synchronized (this) {
        // In one step: without the item, but before its answer, the stream looks done.
        running.remove(id);
        send(outcome);
      }
    } else {
      fail(failure != null ? failure : new IllegalStateException("neither answer nor failure"));
    }
  }

  /** An item did not begin. */
  private void refuse(String id, RuntimeException failure) {
    R outcome = itemError(id, failure);
    if (outcome != null) {
      send(outcome);
    } else {
      fail(failure);
    }
  }

  /** The answer that says why an item failed; null if the stream ends with it. */
  private @Nullable R itemError(String id, Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return cause instanceof OwlException e && isOwn(e.fault())
        ? work.failed(id, Faults.toItemError(e))
        : null;
  }

  /** Whether the item is to blame, and not the service. */
  private static boolean isOwn(Fault fault) {
    return switch (fault) {
      case BAD_INPUT, OTHER_WEIGHTS, NOT_FOUND, CONFLICT -> true;
      case BAD_CHECKPOINT,
          SATURATED,
          TOO_LATE,
          CANCELLED,
          UNAVAILABLE,
          UNAUTHENTICATED,
          FORBIDDEN,
          INTERNAL ->
          false;
    };
  }

  private synchronized void send(R answer) {
    if (ended) {
      return;
    }
    responses.onNext(answer);
    answered++;
    owed++;
    ask();
    finishIfDone();
  }

  /** Takes as many items as were answered, once the reader keeps up. */
  private synchronized void ask() {
    if (!ended && owed > 0 && responses.isReady()) {
      responses.request(owed);
      owed = 0;
    }
  }

  @Override
  public synchronized void onCompleted() {
    halfClosed = true;
    finishIfDone();
  }

  private void finishIfDone() {
    if (halfClosed && running.isEmpty() && !ended) {
      ended = true;
      work.ended(answered, Status.OK);
      responses.onCompleted();
    }
  }

  @Override
  public void onError(Throwable cancelled) {
    abort(Status.CANCELLED);
  }

  private void fail(Throwable cause) {
    var status = Faults.toStatus(cause);
    if (abort(status.getStatus())) {
      if (status.getStatus().getCode() == Status.Code.INTERNAL) {
        LOG.log(System.Logger.Level.ERROR, "A stream of items failed", cause);
      }
      synchronized (this) {
        responses.onError(status);
      }
    }
  }

  /** Ends the stream and gives up its items; whether it had not ended before. */
  private boolean abort(Status status) {
    List<CompletableFuture<R>> left;
    synchronized (this) {
      if (ended) {
        return false;
      }
      ended = true;
      left = List.copyOf(running.values());
      running.clear();
      work.ended(answered, status);
    }
    // Outside the lock: completing a future runs what waits for it.
    left.forEach(item -> item.cancel(false));
    return true;
  }
}
