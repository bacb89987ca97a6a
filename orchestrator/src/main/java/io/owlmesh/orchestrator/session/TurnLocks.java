// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.grpc.Context;
import io.grpc.Contexts;
import io.owlmesh.model.Fault;
import io.owlmesh.model.OwlException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

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
    Place place = use(session);
    boolean entered = false;
    try {
      entered = wait ? await(place.free) : place.free.tryAcquire();
    } finally {
      if (!entered) {
        leave(session, place);
      }
    }
    if (!entered) {
      throw new OwlException(
          Fault.CONFLICT, "session_id", "another turn is being taken in this session");
    }
    return () -> {
      place.free.release();
      leave(session, place);
    };
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
  private static boolean await(Semaphore free) {
    Context context = Context.current();
    try {
      while (!free.tryAcquire(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
        if (context.isCancelled()) {
          throw Contexts.statusFromCancelled(context).asRuntimeException();
        }
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
