// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

import java.util.Set;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Tells what a source found if it is news, and logs once why a source cannot be read. */
final class AddressChanges {
  private static final Logger LOG = Logger.getLogger(AddressChanges.class);

  private final String field;
  private final Consumer<Set<ReplicaAddress>> told;
  private @Nullable Set<ReplicaAddress> last;
  private String trouble = "";

  /**
   * @param field the setting that names the source
   */
  AddressChanges(String field, Consumer<Set<ReplicaAddress>> told) {
    this.field = field;
    this.told = told;
  }

  /** All addresses that there are now; more than are allowed count as trouble. */
  synchronized void found(Set<ReplicaAddress> now) {
    if (now.size() > AddressText.MAX_ADDRESSES) {
      failed("%d addresses; %d are allowed".formatted(now.size(), AddressText.MAX_ADDRESSES));
      return;
    }
    if (!trouble.isEmpty()) {
      trouble = "";
      LOG.infof("%s: readable again", field);
    }
    if (!now.equals(last)) {
      last = Set.copyOf(now);
      LOG.infof("%s: %d addresses", field, now.size());
      told.accept(last);
    }
  }

  /** The source cannot be read; what was told last goes on to hold. */
  synchronized void failed(String why) {
    if (!why.equals(trouble)) {
      trouble = why;
      LOG.warnf(
          "%s: %s; %s", field, why, last == null ? "no address is known" : "the last answer holds");
    }
  }
}
