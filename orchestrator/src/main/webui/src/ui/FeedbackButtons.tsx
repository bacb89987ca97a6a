// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from "preact/hooks";
import type { Message, Rating } from "#proto/owlmesh/chat/v1/chat";
import type { Store } from "../store";
import { t } from "../language";
import { ConfirmDialog } from "./ConfirmDialog";
import { IconButton } from "./Icon";

/** What a person thinks of an answer. */
export function FeedbackButtons({ store, message }: { store: Store; message: Message }) {
  const [open, setOpen] = useState(false);
  const [asking, setAsking] = useState(false);
  const noteButton = useRef<HTMLButtonElement>(null);
  const rating = message.feedback?.rating ?? "RATING_UNSPECIFIED";
  const note = message.feedback?.note ?? "";
  useEffect(() => setOpen(false), [message.id]);

  const choose = async (chosen: Rating) => {
    if (rating !== chosen) {
      if (await store.rate(message, { rating: chosen, note })) {
        setOpen(chosen === "RATING_FLAG");
      }
    } else if (note === "") {
      await remove();
    } else {
      setAsking(true);
    }
  };
  const remove = async () => {
    if (await store.rate(message, { rating: "RATING_UNSPECIFIED", note: "" })) {
      setOpen(false);
    }
  };
  const close = () => {
    setOpen(false);
    // Whoever wrote a note is where it can be changed.
    requestAnimationFrame(() => noteButton.current?.focus());
  };

  const button = (icon: "up" | "down" | "flag", label: string, value: Rating) => (
    <IconButton icon={icon} label={label} pressed={rating === value} onClick={() => void choose(value)} />
  );

  return (
    <>
      <div class="feedback" role="group" aria-label={t("What do you think of this answer?")}>
        {button("up", t("Good answer"), "RATING_UP")}
        {button("down", t("Bad answer"), "RATING_DOWN")}
        {button("flag", t("Flag for somebody to look at"), "RATING_FLAG")}
      </div>
      {rating !== "RATING_UNSPECIFIED" && !open && (
        <button type="button" ref={noteButton} class="button quiet" onClick={() => setOpen(true)}>
          {t(note === "" ? "Add a note" : "Change the note")}
        </button>
      )}
      {open && (
        <Note
          text={note}
          save={async (text) => {
            if (await store.rate(message, { rating, note: text })) {
              close();
            }
          }}
          cancel={close}
        />
      )}
      {note !== "" && !open && (
        <p class="note" dir="auto">
          {note}
        </p>
      )}
      {asking && (
        <ConfirmDialog
          question={t("Remove the rating and its note?")}
          consequence={t("What was written about this answer is gone for good.")}
          confirm={t("Remove")}
          onConfirm={() => void remove()}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}

interface NoteProps {
  text: string;
  save: (text: string) => void;
  cancel: () => void;
}

function Note({ text, save, cancel }: NoteProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <form
      class="note-form"
      onSubmit={(event) => {
        event.preventDefault();
        save(field.current!.value.trim());
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          event.stopPropagation();
          cancel();
        }
      }}
    >
      <label>
        {t("Note")}
        <textarea ref={field} rows={2} maxLength={2000} dir="auto" defaultValue={text} />
      </label>
      <div class="editor-actions">
        <button type="button" class="button" onClick={cancel}>
          {t("Cancel")}
        </button>
        <button type="submit" class="button primary">
          {t("Save")}
        </button>
      </div>
    </form>
  );
}
