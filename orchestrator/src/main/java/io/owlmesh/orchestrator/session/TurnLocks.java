// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.grpc.Context;
import io.grpc.Contexts;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Lets one turn at a time into each session. */
final class TurnLocks {
  private static final long PATIENCE_MILLIS = 50;

  private final Map<String, Place> places = new HashMap<>();

  private static final class Place {
    private final Semaphore free = new Semaphore(1, true);
    private int users;
  }

  /**
   * Enters a session.
   *
   * @param wait whether to wait until it is free, or the current gRPC context ends
   * @return leaves it; to be run once
   * @throws OwlException CONFLICT if it is not free
   */
  Runnable enter(String session, boolean wait) {
    return wait ? enter(session, () -> {}) : enterIfFree(session).orElseThrow(TurnLocks::taken);
  }

  private static OwlException taken() {
    return new OwlException(
        ErrorCode.TURN_IN_PROGRESS, "session_id", "another turn is being taken in this session");
  }

  /**
   * Enters a session once it is free, or until the current gRPC context ends.
   *
   * @param meanwhile done now and then, at first at once
   * @return leaves it; to be run once
   */
  Runnable enter(String session, Runnable meanwhile) {
    return enter(session, free -> await(free, meanwhile)).orElseThrow(TurnLocks::taken);
  }

  /** Enters a session unless it is taken; what is returned leaves it, to be run once. */
  Optional<Runnable> enterIfFree(String session) {
    return enter(session, TurnLocks::isFree);
  }

  private static boolean isFree(Semaphore free) {
    try {
      // With a time, for without one it would pass those who wait.
      return free.tryAcquire(0, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private Optional<Runnable> enter(String session, Predicate<Semaphore> acquire) {
    Place place = use(session);
    boolean entered = false;
    try {
      entered = acquire.test(place.free);
    } finally {
      if (!entered) {
        leave(session, place);
      }
    }
    Runnable leave =
        () -> {
          place.free.release();
          leave(session, place);
        };
    return entered ? Optional.of(leave) : Optional.empty();
  }

  private synchronized Place use(String session) {
    Place place = places.computeIfAbsent(session, _ -> new Place());
    place.users++;
    return place;
  }

  private synchronized void leave(String session, Place place) {
    place.users--;
    if (place.users == 0) {
      places.remove(session);
    }
  }

  /** Looks up now and then, for the context of a call does not wake who waits. */
  private static boolean await(Semaphore free, Runnable meanwhile) {
    Context context = Context.current();
    try {
      do {
        if (context.isCancelled()) {
          throw Contexts.statusFromCancelled(context).asRuntimeException();
        }
        meanwhile.run();
      } while (!free.tryAcquire(PATIENCE_MILLIS, TimeUnit.MILLISECONDS));
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
