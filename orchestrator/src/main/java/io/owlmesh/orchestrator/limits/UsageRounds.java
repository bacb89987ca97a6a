// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.limits;

import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.store.MinuteUsage;
import io.owlmesh.orchestrator.store.UsageStore;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/**
 * Every second tells other orchestrators what was counted here, hears what was counted there, and
 * forgets accounts that nobody uses.
 */
final class UsageRounds implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(UsageRounds.class);
  private static final long ROUND_MILLIS = 1_000;

  private final Map<String, Account> accounts;
  private final UsageStore store;
  private final LongSupplier minute;
  private final ScheduledExecutorService rounds =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("limits").daemon(true).factory());
  private boolean failed;

  /**
   * Starts the rounds.
   *
   * @param accounts by caller and tenant
   * @param minute number of the one that it is
   */
  UsageRounds(Map<String, Account> accounts, UsageStore store, LongSupplier minute) {
    this.accounts = accounts;
    this.store = store;
    this.minute = minute;
    rounds.scheduleWithFixedDelay(this::round, ROUND_MILLIS, ROUND_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void round() {
    try {
      long now = minute.getAsLong();
      accounts.values().removeIf(account -> account.isIdle(now));
      if (store.isShared()) {
        share(now);
      }
      failed = false;
    } catch (OwlException e) {
      if (!failed) {
        failed = true;
        LOG.warn("Each orchestrator counts limits by itself until the database answers", e);
      }
    } catch (RuntimeException e) {
      LOG.error("Limits were not shared", e); // An exception would end the schedule.
    }
  }

  private void share(long now) {
    List<MinuteUsage> ours =
        accounts.entrySet().stream()
            .map(account -> account.getValue().untold(account.getKey(), now))
            .sorted()
            .toList();
    if (ours.isEmpty()) {
      return;
    }
    List<MinuteUsage> told;
    try {
      told = store.add(now, ours);
    } catch (OwlException e) {
      for (MinuteUsage one : ours) {
        Account account = accounts.get(one.subject());
        if (account != null) {
          account.notTold(one, now);
        }
      }
      throw e;
    }
    for (MinuteUsage all : told) {
      Account account = accounts.get(all.subject());
      if (account != null) {
        account.heard(all, now);
      }
    }
  }

  @Override
  public void close() {
    rounds.shutdownNow();
  }
}
