// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.owlmesh.core.identity.Tenant;
import io.owlmesh.orchestrator.OrchestratorConfig;
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
    OrchestratorConfig settings,
    Drafts drafts,
    Map<String, ActiveTurn> running,
    Executor threads) {
  /** What requests of a tenant mean. */
  TurnPlan plan(Tenant tenant) {
    return new TurnPlan(store.of(tenant), settings);
  }

  TurnStore turns() {
    return store.turns();
  }

  void execute(Runnable work) {
    threads.execute(work);
  }
}
