// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from "preact/hooks";
import type { Image, Message } from "#proto/owlmesh/chat/v1/chat";
import { imageUrl } from "../api";
import type { Conversation, Editing } from "../conversation";
import type { Store } from "../store";
import { t } from "../language";
import { Attachments, PickButton } from "./Attachments";
import { MessageInput } from "./Composer";
import { CopyButton } from "./CopyButton";
import { IconButton } from "./Icon";
import { Lightbox } from "./Lightbox";
import { Notice } from "./Notice";
import { Switcher } from "./Switcher";

interface Props {
  store: Store;
  conversation: Conversation;
  message: Message;
}

/** What a person said. */
export function UserMessage({ store, conversation, message }: Props) {
  const edited = conversation.editing.value;
  const editing = edited?.message.id === message.id ? edited : undefined;
  const actions = useRef<HTMLDivElement>(null);
  const wasEditing = useRef(false);
  useEffect(() => {
    // Whoever gives up an edit is where it began.
    if (wasEditing.current && editing === undefined && !conversation.isAnswering.peek()) {
      actions.current?.querySelector<HTMLElement>(".edit")?.focus();
    }
    wasEditing.current = editing !== undefined;
  }, [editing]);
  if (editing !== undefined) {
    return <Editor store={store} conversation={conversation} editing={editing} />;
  }
  return (
    <article class="user-message" aria-label={t("You")}>
      <Pictures images={message.images} question={message.text} model={conversation.model.value} />
      {message.text !== "" && (
        <p class="said" dir="auto">
          {message.text}
        </p>
      )}
      <div class="actions" ref={actions}>
        <Switcher store={store} conversation={conversation} message={message} />
        {message.text !== "" && <CopyButton store={store} text={message.text} label={t("Copy message")} />}
        <IconButton
          icon="pencil"
          class="edit"
          label={t("Edit message")}
          idle={conversation.isAnswering}
          onClick={() => store.startEdit(message)}
        />
      </div>
    </article>
  );
}

function Pictures({ images, question, model }: { images: Image[]; question: string; model: string }) {
  const [open, setOpen] = useState<number>();
  const list = useRef<HTMLUListElement>(null);
  if (images.length === 0) {
    return null;
  }
  const close = () => {
    const shown = open ?? 0;
    setOpen(undefined);
    list.current?.querySelectorAll("button")[shown]?.focus();
  };
  return (
    <>
      <ul class="pictures" ref={list}>
        {images.map((image, i) => (
          <li key={i}>
            <button type="button" class="picture" onClick={() => setOpen(i)}>
              <img
                class={image.width <= 128 ? "small" : ""}
                src={imageUrl(image)}
                width={image.width}
                height={image.height}
                alt={t("Picture {n} of {all}", { n: i + 1, all: images.length })}
              />
              {images.length > 1 && (
                <span class="number-badge" aria-hidden="true">
                  {i + 1}
                </span>
              )}
            </button>
          </li>
        ))}
      </ul>
      {open !== undefined && (
        <Lightbox images={images} question={question} model={model} first={open} moved={setOpen} onClose={close} />
      )}
    </>
  );
}

function Editor({ store, conversation, editing }: { store: Store; conversation: Conversation; editing: Editing }) {
  const { draft, message } = editing;
  const problem = draft.problem.value;
  const send = () => {
    if (!store.turns.isSendable(draft)) {
      return;
    }
    void store.turns.send(conversation, draft, message);
    document.getElementById("message")?.focus();
  };
  return (
    <form
      class="user-message editor"
      aria-label={t("Edit message")}
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
            draft={draft}
            label={t("Edited message")}
            placeholder=""
            focused
            onEnter={send}
          />
        </div>
      </div>
      <div class="editor-actions">
        <button type="button" class="button" onClick={() => store.cancelEdit()}>
          {t("Cancel")}
        </button>
        <button type="submit" class="button primary" aria-disabled={!store.turns.isSendable(draft) || undefined}>
          {t("Send")}
        </button>
      </div>
    </form>
  );
}
