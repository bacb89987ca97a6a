// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import com.google.protobuf.ByteString;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Names of what a replica has ready for requests to come, and the latest changes of that in order,
 * so that any number of watchers can follow at their own pace. Used by any thread.
 */
public final class HeldNames {
  /** Names of a kind at a time; who holds more forgets some first. Also the changes remembered. */
  public static final int MOST = 16_384;

  /** What a name stands for. */
  public enum Kind {
    /** The beginning of a prompt. */
    CHAIN,
    /** Visual tokens of a picture. */
    IMAGE
  }

  private record Key(Kind kind, ByteString name) {}

  /**
   * A name came or went.
   *
   * @param positions that are held under it; 0: none, it is gone
   */
  record Change(Kind kind, ByteString name, int positions) {
    private Key key() {
      return new Key(kind, name);
    }
  }

  private final Map<Key, Change> held = new LinkedHashMap<>();
  private final Map<Kind, Integer> counts = new HashMap<>();
  private final ArrayDeque<Change> changes = new ArrayDeque<>();
  private long end; // Number of the next change.

  /**
   * Something is held now.
   *
   * @param positions of it, at least 1
   */
  public synchronized void gained(Kind kind, ByteString name, int positions) {
    Change change = new Change(kind, name, positions);
    Change before = held.get(change.key());
    if (change.equals(before) || (before == null && count(kind) >= MOST)) {
      return;
    }
    held.put(change.key(), change);
    if (before == null) {
      counts.merge(kind, 1, Integer::sum);
    }
    remember(change);
  }

  /** Something is not held any more. */
  public synchronized void lost(Kind kind, ByteString name) {
    Change change = new Change(kind, name, 0);
    if (held.remove(change.key()) != null) {
      counts.merge(kind, -1, Integer::sum);
      remember(change);
    }
  }

  /** Names of a kind that are held now. */
  public synchronized int count(Kind kind) {
    return counts.getOrDefault(kind, 0);
  }

  private void remember(Change change) {
    if (changes.size() == MOST) {
      changes.removeFirst();
    }
    changes.addLast(change);
    end++;
  }

  /**
   * What a watcher is to hear.
   *
   * @param changes the last one of each name
   * @param end where the next ones begin
   */
  record Excerpt(List<Change> changes, long end) {}

  /** All that is held. */
  synchronized Excerpt all() {
    return new Excerpt(List.copyOf(held.values()), end);
  }

  /** What changed since an earlier excerpt ended; empty if that is not remembered any more. */
  synchronized Optional<Excerpt> since(long begin) {
    int missing = (int) Math.min(end - begin, Integer.MAX_VALUE);
    if (missing > changes.size()) {
      return Optional.empty();
    }
    Map<Key, Change> last = new LinkedHashMap<>();
    var newest = changes.descendingIterator();
    for (int i = 0; i < missing; i++) {
      Change change = newest.next();
      last.putIfAbsent(change.key(), change);
    }
    return Optional.of(new Excerpt(new ArrayList<>(last.values()), end));
  }
}
