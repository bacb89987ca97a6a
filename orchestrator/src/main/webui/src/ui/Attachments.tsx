// SPDX-License-Identifier: Apache-2.0
import { useRef } from "preact/hooks";
import { ACCEPTED_TYPES, type Attachment } from "../attachments";
import type { Draft } from "../conversation";
import type { Store } from "../store";
import { Icon, IconButton } from "./Icon";

/** The pictures of a message that is being written, each with what failed about it. */
export function Attachments({ store, draft }: { store: Store; draft: Draft }) {
  if (draft.attachments.length === 0) {
    return null;
  }
  return (
    <ul class="attachments" aria-label="Pictures of this message">
      {draft.attachments.map((attachment) => (
        <li key={attachment.key} class={attachment.problem ? "attachment failed" : "attachment"}>
          <Thumb attachment={attachment} />
          {attachment.problem && (
            <div class="attachment-problem" role="alert">
              <p>
                <strong>{attachment.name}</strong>: {attachment.problem.title}
              </p>
              <details>
                <summary>Details</summary>
                <p class="detail">{attachment.problem.detail}</p>
              </details>
            </div>
          )}
          <IconButton
            icon="close"
            class="remove"
            label={`Remove ${attachment.name}`}
            onClick={() => store.detach(draft, attachment)}
          />
        </li>
      ))}
    </ul>
  );
}

function Thumb({ attachment }: { attachment: Attachment }) {
  return attachment.problem ? (
    <span class="thumb">
      <Icon name="warning" />
    </span>
  ) : (
    <img
      class={attachment.isUploading ? "thumb waiting" : "thumb"}
      src={attachment.url}
      alt={attachment.name}
    />
  );
}

/** Picks pictures from the folders of this computer. */
export function PickButton({ store, draft }: { store: Store; draft: Draft }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton icon="image" label="Add pictures" onClick={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={ACCEPTED_TYPES}
        aria-label="Pictures"
        onChange={(event) => {
          store.attach(draft, event.currentTarget.files ?? []);
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}
