// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.audit;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Why somebody was not let in. */
public enum Refusal {
  NO_CREDENTIAL,
  /** It is unknown, expired, revoked, forged, or meant for somebody else. */
  WRONG_CREDENTIAL,
  /** The caller is known, and may not do this. */
  MISSING_ROLE;

  /**
   * Why.
   *
   * @param credential that was sent; null if there was none
   */
  public static Refusal of(@Nullable String credential, Throwable failure) {
    Throwable why =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (why instanceof OwlException e && e.fault() == Fault.FORBIDDEN) {
      return MISSING_ROLE;
    }
    return credential == null ? NO_CREDENTIAL : WRONG_CREDENTIAL;
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
