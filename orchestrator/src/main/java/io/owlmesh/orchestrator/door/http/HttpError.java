// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.OwlException;
import io.owlmesh.wire.Faults;

/**
 * A failure as HTTP tells it, in the shape that OpenAI's clients read.
 *
 * @param param the field it is about; empty if none
 */
record HttpError(int status, String type, String message, String param, String code) {
  private static final String CALLER = "invalid_request_error";
  private static final String SERVER = "server_error";

  static HttpError of(Throwable failure) {
    if (failure instanceof HttpRefusal refusal) {
      return new HttpError(refusal.status(), CALLER, refusal.sentence(), "", refusal.code());
    }
    OwlException e = Faults.fromStatus(Faults.toStatus(failure));
    return switch (e.fault()) {
      case BAD_INPUT -> of(400, CALLER, "invalid_value", e);
      case UNAUTHENTICATED -> of(401, CALLER, "invalid_api_key", e);
      case FORBIDDEN -> of(403, CALLER, "insufficient_permissions", e);
      case NOT_FOUND ->
          of(404, CALLER, e.field().equals("model") ? "model_not_found" : "not_found", e);
      case CONFLICT -> of(409, CALLER, "conflict", e);
      case SATURATED -> of(429, "rate_limit_error", "overloaded", e);
      case CANCELLED -> of(499, CALLER, "cancelled", e);
      case UNAVAILABLE, OTHER_WEIGHTS -> of(503, SERVER, "unavailable", e);
      case TOO_LATE -> of(504, SERVER, "deadline_exceeded", e);
      case BAD_CHECKPOINT, INTERNAL -> of(500, SERVER, "internal_error", e);
    };
  }

  private static HttpError of(int status, String type, String code, OwlException e) {
    return new HttpError(status, type, String.valueOf(e.getMessage()), e.field(), code);
  }

  /** The body of a response, or the data of an event. */
  String json() {
    ObjectNode error = JsonNodeFactory.instance.objectNode();
    error.put("message", message);
    error.put("type", type);
    error.put("param", param.isEmpty() ? null : param);
    error.put("code", code);
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.set("error", error);
    return body.toString();
  }
}
