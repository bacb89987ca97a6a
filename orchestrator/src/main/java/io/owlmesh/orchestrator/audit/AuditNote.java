// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.audit;

import io.grpc.Context;
import java.util.regex.Pattern;

/** What is only known of a request once somebody has read it. */
public final class AuditNote {
  private static final Context.Key<AuditNote> CURRENT = Context.key("owl-audit");
  // Whatever else a caller sends in place of an id may be something that he says.
  private static final Pattern ID = Pattern.compile("[0-9a-f-]{36}");

  private volatile String session = "";

  /** The current context, with this note. */
  public Context in(Context context) {
    return context.withValue(CURRENT, this);
  }

  /** The current request is about a session, if that is the id of one. */
  public static void session(String id) {
    AuditNote note = CURRENT.get();
    if (note != null && ID.matcher(id).matches()) {
      note.session = id;
    }
  }

  /** The session that the request is about; empty if none. */
  public String session() {
    return session;
  }
}
