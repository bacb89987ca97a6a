// SPDX-License-Identifier: Apache-2.0
import type { Message } from "#proto/owlmesh/chat/v1/chat";
import type { Conversation } from "../conversation";
import type { Store } from "../store";
import { siblings } from "../tree";
import { IconButton } from "./Icon";

interface Props {
  store: Store;
  conversation: Conversation;
  message: Message;
}

/** Moves between what was said in one place; nothing if only one thing was. */
export function Switcher({ store, conversation, message }: Props) {
  const all = siblings(conversation.messages.value, message);
  if (all.length < 2) {
    return null;
  }
  const place = all.findIndex((other) => other.id === message.id);
  const what = message.role === "ROLE_AI" ? "answer" : "version";
  const move = (step: number) => {
    const other = all[place + step];
    if (other !== undefined) {
      void store.switchTo(other);
    }
  };
  const busy = conversation.isAnswering.value;
  return (
    <div class="switcher" role="group" aria-label={`Other ${what}s`}>
      <IconButton
        icon="left"
        label={`Previous ${what}`}
        idle={busy || place === 0}
        onClick={() => move(-1)}
      />
      <span aria-live="polite">
        {place + 1} / {all.length}
      </span>
      <IconButton
        icon="right"
        label={`Next ${what}`}
        idle={busy || place === all.length - 1}
        onClick={() => move(1)}
      />
    </div>
  );
}
