// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.OwlException;
import io.owlmesh.wire.Faults;
import java.time.Duration;

/**
 * A failure as HTTP tells it, in the shape that OpenAI's clients read.
 *
 * @param param the field it is about; empty if none
 * @param retrySeconds after which to try again; 0 where that does not help
 */
record HttpError(
    int status, String type, String message, String param, String code, int retrySeconds) {
  private static final String CALLER = "invalid_request_error";
  private static final String SERVER = "server_error";

  static HttpError of(Throwable failure) {
    if (failure instanceof HttpRefusal refusal) {
      return new HttpError(refusal.status(), CALLER, refusal.sentence(), "", refusal.code(), 0);
    }
    OwlException e = Faults.fromStatus(Faults.toStatus(failure));
    return switch (e.fault()) {
      case BAD_INPUT -> of(400, CALLER, e);
      case UNAUTHENTICATED -> of(401, CALLER, e);
      case FORBIDDEN -> of(403, CALLER, e);
      case NOT_FOUND -> of(404, CALLER, e);
      case CONFLICT -> of(409, CALLER, e);
      case SATURATED -> of(429, "rate_limit_error", e);
      case CANCELLED -> of(499, CALLER, e);
      case UNAVAILABLE, OTHER_WEIGHTS -> of(503, SERVER, e);
      case TOO_LATE -> of(504, SERVER, e);
      case BAD_CHECKPOINT, INTERNAL -> of(500, SERVER, e);
    };
  }

  private static HttpError of(int status, String type, OwlException e) {
    long millis = e.retryAfter().map(Duration::toMillis).orElse(1L);
    int seconds =
        status == 429 || status == 503 ? (int) Math.ceilDiv(Math.max(millis, 1), 1000) : 0;
    String message = String.valueOf(e.getMessage());
    return new HttpError(status, type, message, e.field(), e.code().label(), seconds);
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
