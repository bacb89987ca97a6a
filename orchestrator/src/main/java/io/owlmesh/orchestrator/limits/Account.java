// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.limits;

import io.owlmesh.core.identity.CallerLimits.Kind;
import io.owlmesh.orchestrator.store.MinuteUsage;
import java.util.EnumMap;
import java.util.Map;

/** What one caller or one tenant has asked for in this minute, and holds now. */
final class Account {
  private static final int IDLE_MINUTES = 2;

  private final Map<Kind, Long> used = new EnumMap<>(Kind.class);
  private final Map<Kind, Long> elsewhere = new EnumMap<>(Kind.class);
  private final Map<Kind, Long> untold = new EnumMap<>(Kind.class);
  private final Map<Kind, Long> held = new EnumMap<>(Kind.class);
  private long minute;
  private long usedAt;

  private void turn(long now) {
    if (now > minute) {
      minute = now;
      used.clear();
      elsewhere.clear();
      untold.clear();
    }
  }

  /** How much of a kind was used in this minute at all orchestrators, as far as is known. */
  synchronized long used(Kind kind, long now) {
    turn(now);
    return used.getOrDefault(kind, 0L) + elsewhere.getOrDefault(kind, 0L);
  }

  /** Counts what is used, within a limit or not. */
  synchronized void use(Kind kind, long amount, long now) {
    turn(now);
    usedAt = Math.max(usedAt, now);
    used.merge(kind, amount, Long::sum);
    untold.merge(kind, amount, Long::sum);
  }

  /** Holds some, if there is so much left. */
  synchronized boolean hold(Kind kind, long amount, long most) {
    if (amount > most - held.getOrDefault(kind, 0L)) {
      return false;
    }
    held.merge(kind, amount, Long::sum);
    return true;
  }

  synchronized void giveBack(Kind kind, long amount) {
    held.merge(kind, -amount, (a, b) -> a + b == 0 ? null : a + b);
  }

  /** What other orchestrators have not heard of yet. */
  synchronized MinuteUsage untold(String subject, long now) {
    turn(now);
    MinuteUsage told =
        new MinuteUsage(
            subject,
            untold.getOrDefault(Kind.REQUESTS, 0L),
            untold.getOrDefault(Kind.POSITIONS, 0L),
            untold.getOrDefault(Kind.IMAGES, 0L));
    untold.clear();
    return told;
  }

  /** It could not be told after all. */
  synchronized void notTold(MinuteUsage told, long now) {
    if (now == minute) {
      untold.merge(Kind.REQUESTS, told.requests(), Long::sum);
      untold.merge(Kind.POSITIONS, told.positions(), Long::sum);
      untold.merge(Kind.IMAGES, told.images(), Long::sum);
    }
  }

  /** What all orchestrators used, this one among them. */
  synchronized void heard(MinuteUsage all, long now) {
    turn(now);
    if (now < minute) {
      return; // Of a minute that is over.
    }
    elsewhere(Kind.REQUESTS, all.requests());
    elsewhere(Kind.POSITIONS, all.positions());
    elsewhere(Kind.IMAGES, all.images());
  }

  private void elsewhere(Kind kind, long all) {
    long told = used.getOrDefault(kind, 0L) - untold.getOrDefault(kind, 0L);
    elsewhere.put(kind, Math.max(all - told, 0));
  }

  /** Whether there is nothing to remember of it. */
  synchronized boolean isIdle(long now) {
    return held.isEmpty() && now - usedAt >= IDLE_MINUTES;
  }
}
