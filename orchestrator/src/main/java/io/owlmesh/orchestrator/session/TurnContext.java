// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.owlmesh.orchestrator.store.SessionStore;
import io.owlmesh.orchestrator.store.TurnStore;
import java.util.Map;
import java.util.concurrent.Executor;

/**
 * What a turn works with.
 *
 * @param running turns of this orchestrator by session
 * @param threads where work may wait
 */
record TurnContext(
    SessionStore store,
    TurnLocks locks,
    SessionLeases leases,
    TurnPlan plan,
    Drafts drafts,
    Map<String, ActiveTurn> running,
    Executor threads) {
  TurnStore turns() {
    return store.turns();
  }

  void execute(Runnable work) {
    threads.execute(work);
  }
}
