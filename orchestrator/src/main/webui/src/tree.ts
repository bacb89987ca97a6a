// SPDX-License-Identifier: Apache-2.0
import type { Message } from "#proto/owlmesh/chat/v1/chat";
// The messages of a conversation are a tree; parents come before their children.

/** A message after all that it follows; nothing if there is none of that id. */
export function branch(messages: readonly Message[], head: string): Message[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const path: Message[] = [];
  for (let next = byId.get(head); next !== undefined; next = byId.get(next.parentId)) {
    path.push(next);
  }
  return path.reverse();
}

/** All that was said in the place of a message, itself too, the oldest first. */
export function siblings(messages: readonly Message[], message: Message): Message[] {
  return messages.filter(
    (other) => other.parentId === message.parentId && other.role === message.role,
  );
}

/** Where the conversation that came latest after a message ends. */
export function latestLeaf(messages: readonly Message[], id: string): string {
  let leaf = id;
  for (;;) {
    const child = messages.findLast((message) => message.parentId === leaf);
    if (child === undefined) {
      return leaf;
    }
    leaf = child.id;
  }
}

/** The messages with one of them put in its place, or at the end. */
export function withMessage(messages: readonly Message[], changed: Message): Message[] {
  const known = messages.some((message) => message.id === changed.id);
  return known
    ? messages.map((message) => (message.id === changed.id ? changed : message))
    : [...messages, changed];
}
