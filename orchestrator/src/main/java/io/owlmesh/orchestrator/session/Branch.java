// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.chat.v1.Message;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The messages of a session as a tree. */
final class Branch {
  private final Map<String, Message> byId = new HashMap<>();

  Branch(List<Message> messages) {
    messages.forEach(message -> byId.put(message.getId(), message));
  }

  /**
   * A message.
   *
   * @throws OwlException NOT_FOUND, naming the field
   */
  Message require(String field, String id) {
    Message message = byId.get(id);
    if (message == null) {
      throw new OwlException(
          ErrorCode.MESSAGE_NOT_FOUND, field, "no message '" + id + "' in this session");
    }
    return message;
  }

  /** A message after all that it follows; nothing if there is none of that id. */
  List<Message> upTo(String id) {
    Deque<Message> path = new ArrayDeque<>();
    @Nullable Message next = byId.get(id);
    while (next != null) {
      path.addFirst(next);
      next = byId.get(next.getParentId());
    }
    return List.copyOf(path);
  }
}
