// SPDX-License-Identifier: Apache-2.0
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Conversation } from "../conversation";
import type { Draft } from "../draft";
import type { Store } from "../store";
import { t } from "../language";
import { Attachments, PickButton } from "./Attachments";
import { IconButton } from "./Icon";
import { isComposing, isTouch } from "./keys";
import { Notice } from "./Notice";

interface MessageInputProps {
  draft: Draft;
  label: string;
  placeholder: string;
  id?: string;
  onEnter: () => void;
  focused?: boolean;
}

/** A field that grows with its text. Enter sends, unless an input method is composing, or it is a key on a screen. */
export function MessageInput(props: MessageInputProps) {
  const { draft } = props;
  const text = draft.text.value;
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const area = field.current!;
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight + 2, window.innerHeight * 0.4)}px`;
  }, [text, draft]);
  useEffect(() => {
    if (props.focused) {
      const area = field.current!;
      area.focus();
      area.setSelectionRange(area.value.length, area.value.length);
    }
  }, []);
  return (
    <textarea
      ref={field}
      id={props.id}
      rows={1}
      dir="auto"
      value={text}
      aria-label={props.label}
      placeholder={props.placeholder}
      onInput={(event) => draft.setText(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter" && !event.shiftKey && !isComposing(event) && !isTouch()) {
          event.preventDefault();
          props.onEnter();
        }
      }}
    />
  );
}

/** Where the next message is written, while an answer comes too. */
export function Composer({ store, conversation }: { store: Store; conversation: Conversation }) {
  const { draft } = conversation;
  const problem = draft.problem.value;
  const send = () => void store.turns.send(conversation, draft);
  return (
    <form
      class="composer"
      aria-label={t("New message")}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {problem && <Notice problem={problem} retry={problem.retryable ? send : undefined} />}
      <div class="composer-box">
        <Attachments store={store} draft={draft} />
        <div class="composer-line">
          <PickButton store={store} draft={draft} />
          <MessageInput
            id="message"
            draft={draft}
            label={t("Message")}
            placeholder={t("Ask about a picture")}
            onEnter={send}
          />
          <SendButton store={store} conversation={conversation} send={send} />
        </div>
      </div>
      <p class="hint">
        {t("Drop, paste or pick pictures or videos. Enter sends, Shift+Enter begins a line, Escape stops.")}
      </p>
    </form>
  );
}

/** Sends, or stops the answer that is being written. */
function SendButton({ store, conversation, send }: { store: Store; conversation: Conversation; send: () => void }) {
  if (!conversation.isAnswering.value) {
    const { draft } = conversation;
    return (
      <IconButton icon="send" class="primary" label={t("Send")} idle={!store.turns.isSendable(draft)} onClick={send} />
    );
  }
  const stopping = conversation.activeTurn.value?.stopping.value ?? false;
  return (
    <IconButton
      icon="stop"
      class="primary"
      label={t(stopping ? "Stopping" : "Stop (Escape)")}
      idle={stopping}
      onClick={(event) => {
        // The second click of who clicks "Send" twice is none on what has taken its place.
        if (event.detail < 2) {
          void store.turns.stop(conversation);
        }
      }}
    />
  );
}
