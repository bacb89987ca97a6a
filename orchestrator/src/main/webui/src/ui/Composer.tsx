// SPDX-License-Identifier: Apache-2.0
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Conversation, Draft } from "../conversation";
import type { Store } from "../store";
import { Attachments, PickButton } from "./Attachments";
import { IconButton } from "./Icon";
import { Notice } from "./Notice";

interface MessageInputProps {
  draft: Draft;
  label: string;
  placeholder: string;
  id?: string;
  onText: (text: string) => void;
  onEnter: () => void;
  focused?: boolean;
}

/** A field that grows with its text. Enter sends, unless an input method is composing. */
export function MessageInput(props: MessageInputProps) {
  const { draft } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const area = field.current!;
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight + 2, window.innerHeight * 0.4)}px`;
  }, [draft.text, draft]);
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
      value={draft.text}
      readOnly={draft.sending}
      aria-label={props.label}
      placeholder={props.placeholder}
      onInput={(event) => props.onText(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
          event.preventDefault();
          props.onEnter();
        }
      }}
    />
  );
}

/** Where the next message is written. */
export function Composer({ store, conversation }: { store: Store; conversation: Conversation }) {
  const { draft, activeTurn } = conversation;
  const send = () => void store.turns.send(conversation, draft);
  const isEmpty = draft.isEmpty;
  return (
    <form
      class="composer"
      aria-label="New message"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {draft.problem && <Notice problem={draft.problem} retry={send} />}
      <div class="composer-box">
        <Attachments store={store} draft={draft} />
        <div class="composer-line">
          <PickButton store={store} draft={draft} />
          <MessageInput
            id="message"
            draft={draft}
            label="Message"
            placeholder="Ask about a picture"
            onText={(text) => store.setText(draft, text)}
            onEnter={send}
          />
          {activeTurn === undefined ? (
            <IconButton icon="send" class="primary" label="Send" idle={isEmpty} onClick={send} />
          ) : (
            <IconButton
              icon="stop"
              class="primary"
              label={activeTurn.stopping ? "Stopping" : "Stop (Escape)"}
              idle={activeTurn.stopping}
              onClick={() => void store.turns.stop(conversation)}
            />
          )}
        </div>
      </div>
      <p class="hint">
        Drop, paste or pick pictures. <kbd>Enter</kbd> sends, <kbd>Shift</kbd>+<kbd>Enter</kbd>{" "}
        begins a line, <kbd>Escape</kbd> stops.
      </p>
    </form>
  );
}
