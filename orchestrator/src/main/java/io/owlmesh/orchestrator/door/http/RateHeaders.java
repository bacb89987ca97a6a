// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import io.owlmesh.core.identity.CallerLimits.Kind;
import io.owlmesh.orchestrator.limits.Standing;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Limits as headers of a response: {@code RateLimit-Policy} and {@code RateLimit} of the IETF
 * (draft-ietf-httpapi-ratelimit-headers), and those that OpenAI's clients read.
 */
final class RateHeaders {
  private static final int WINDOW_SECONDS = 60;

  private RateHeaders() {}

  static void put(MultiMap headers, List<Standing> standings) {
    if (standings.isEmpty()) {
      return;
    }
    headers.set(
        "RateLimit-Policy",
        standings.stream()
            .map(one ->
                "\"%s\";q=%d;w=%d".formatted(one.kind().label(), one.limit(), WINDOW_SECONDS))
            .collect(Collectors.joining(", ")));
    headers.set(
        "RateLimit",
        standings.stream()
            .map(one ->
                "\"%s\";r=%d;t=%d".formatted(one.kind().label(), one.remaining(), one.seconds()))
            .collect(Collectors.joining(", ")));
    for (Standing one : standings) {
      // OpenAI counts positions, and calls them tokens.
      String name = one.kind() == Kind.POSITIONS ? "tokens" : one.kind().label();
      headers.set("x-ratelimit-limit-" + name, Long.toString(one.limit()));
      headers.set("x-ratelimit-remaining-" + name, Long.toString(one.remaining()));
      headers.set("x-ratelimit-reset-" + name, one.seconds() + "s");
    }
  }
}
