// SPDX-License-Identifier: Apache-2.0
import type { Message } from "#proto/owlmesh/chat/v1/chat";
import type { Conversation } from "../conversation";
import type { Store } from "../store";
import { siblings } from "../tree";
import { t } from "../language";
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
  const isAnswer = message.role === "ROLE_AI";
  const move = (step: number) => {
    const other = all[place + step];
    if (other !== undefined) {
      void store.switchTo(other);
    }
  };
  const busy = conversation.isAnswering.value;
  return (
    <div class="switcher" role="group" aria-label={t(isAnswer ? "Other answers" : "Other versions")}>
      <IconButton
        icon="left"
        label={t(isAnswer ? "Previous answer" : "Previous version")}
        idle={busy || place === 0}
        onClick={() => move(-1)}
      />
      <span aria-live="polite">
        {place + 1} / {all.length}
      </span>
      <IconButton
        icon="right"
        label={t(isAnswer ? "Next answer" : "Next version")}
        idle={busy || place === all.length - 1}
        onClick={() => move(1)}
      />
      {isAnswer && <CompareButton conversation={conversation} question={message.parentId} />}
    </div>
  );
}

function CompareButton({ conversation, question }: { conversation: Conversation; question: string }) {
  const pressed = conversation.compared.value === question;
  return (
    <IconButton
      icon="columns"
      label={t("Answers side by side")}
      pressed={pressed}
      onClick={() => {
        conversation.compared.value = pressed ? undefined : question;
      }}
    />
  );
}
