// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef } from "preact/hooks";
import { t } from "../language";

interface Props {
  question: string;
  consequence: string;
  confirm: string;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before what cannot be undone. */
export function ConfirmDialog(props: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="confirm" aria-labelledby="confirm-question" onClose={props.onClose}>
      <h2 id="confirm-question">{props.question}</h2>
      <p>{props.consequence}</p>
      <div class="editor-actions">
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          {t("Cancel")}
        </button>
        <button
          type="button"
          class="button danger"
          onClick={() => {
            dialog.current?.close();
            props.onConfirm();
          }}
        >
          {props.confirm}
        </button>
      </div>
    </dialog>
  );
}
