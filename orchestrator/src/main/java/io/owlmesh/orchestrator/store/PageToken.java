// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import io.owlmesh.core.OwlException;
import io.owlmesh.proto.chat.v1.Session;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.Optional;

/** Where a page of sessions ended. */
record PageToken(OffsetDateTime at, String id) {
  static String after(Session last) {
    String text = Rows.time(last.getUpdatedAt()) + " " + last.getId();
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * @param token empty for none
   */
  static Optional<PageToken> parse(String token) {
    if (token.isEmpty()) {
      return Optional.empty();
    }
    try {
      String text = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
      int blank = text.indexOf(' ');
      OffsetDateTime at = OffsetDateTime.parse(text.substring(0, Math.max(blank, 0)));
      if (at.getYear() < 1970 || at.getYear() > 9999) {
        throw new IllegalArgumentException("no time that a database holds");
      }
      return Optional.of(new PageToken(at, Rows.id(text.substring(blank + 1))));
    } catch (DateTimeException | IllegalArgumentException e) {
      throw OwlException.badInput("page_token", "is none that a page ended with");
    }
  }
}
