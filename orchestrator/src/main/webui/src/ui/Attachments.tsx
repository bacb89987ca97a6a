// SPDX-License-Identifier: Apache-2.0
import { useRef } from "preact/hooks";
import type { Attachment } from "../attachments";
import type { Draft } from "../draft";
import type { Store } from "../store";
import { t } from "../language";
import { Icon, IconButton } from "./Icon";

/** The pictures of a message that is being written, each with what failed about it. */
export function Attachments({ store, draft }: { store: Store; draft: Draft }) {
  const attachments = draft.attachments.value;
  const preparing = draft.preparing.value > 0 && (
    <p class="progress">
      <span class="pulse" aria-hidden="true" />
      {t("Taking pictures from the video")}
    </p>
  );
  if (attachments.length === 0) {
    return preparing || null;
  }
  return (
    <>
      {preparing}
      <ul class="attachments" aria-label={t("Pictures of this message")}>
        {attachments.map((attachment, i) => (
          <Item
            key={attachment.key}
            store={store}
            draft={draft}
            attachment={attachment}
            number={attachments.length > 1 ? i + 1 : undefined}
          />
        ))}
      </ul>
      {attachments.length > store.maxImages && (
        <p class="attachment-limit" role="alert">
          {t("A message may show {most} pictures. Remove {more} of these {all}.", {
            most: store.maxImages,
            more: attachments.length - store.maxImages,
            all: attachments.length,
          })}
        </p>
      )}
    </>
  );
}

interface ItemProps {
  store: Store;
  draft: Draft;
  attachment: Attachment;
  /** Its place among others, as a question may name it; undefined if it is alone. */
  number: number | undefined;
}

function Item({ store, draft, attachment, number }: ItemProps) {
  const problem = attachment.problem.value;
  return (
    <li class={problem ? "attachment failed" : "attachment"}>
      {problem ? (
        <>
          <span class="thumb">
            <Icon name="warning" />
          </span>
          <div class="attachment-problem" role="alert">
            <p>
              <strong>
                <bdi>{attachment.name}</bdi>
              </strong>
              : {problem.title}
            </p>
            <details>
              <summary>{t("Details")}</summary>
              <p class="detail">{problem.detail}</p>
            </details>
          </div>
          {problem.retryable && (
            <button type="button" class="button quiet" onClick={() => store.upload(attachment)}>
              {t("Try again")}
            </button>
          )}
        </>
      ) : (
        <img
          class={attachment.isUploading.value ? "thumb waiting" : "thumb"}
          src={attachment.url}
          alt={attachment.name}
        />
      )}
      {number !== undefined && (
        <span class="number-badge" aria-hidden="true">
          {number}
        </span>
      )}
      <IconButton
        icon="close"
        class="remove"
        label={t("Remove {name}", { name: attachment.name })}
        onClick={() => draft.detach(attachment)}
      />
    </li>
  );
}

/** Picks pictures from the folders of this computer. */
export function PickButton({ store, draft }: { store: Store; draft: Draft }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton icon="image" label={t("Add pictures")} onClick={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept="image/*,video/*"
        aria-label={t("Pictures")}
        onChange={(event) => {
          store.attach(draft, event.currentTarget.files ?? []);
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}
