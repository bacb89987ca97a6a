// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "preact/hooks";
import type { Store } from "../store";

const isField = (target: EventTarget | null) =>
  target instanceof Element && target.closest("input, textarea") !== null;

/** Takes files that are dropped or pasted anywhere on the page; whether some are held over it. */
export function useFiles(store: Store): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const attach = (files: FileList) => {
      const current = store.current.value;
      const editing = current.editing.value;
      store.attach(editing?.draft ?? current.draft, files);
      if (editing === undefined) {
        document.getElementById("message")?.focus();
      }
    };
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    /** A link that is dropped must not take the page away; fields take it as text. */
    const isOurs = (event: DragEvent) => hasFiles(event) || !isField(event.target);
    const onOver = (event: DragEvent) => {
      if (isOurs(event)) {
        event.preventDefault();
      }
      setOver(hasFiles(event));
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) {
        setOver(false);
      }
    };
    const onDrop = (event: DragEvent) => {
      setOver(false);
      if (isOurs(event)) {
        event.preventDefault();
      }
      if (hasFiles(event)) {
        attach(event.dataTransfer!.files);
      }
    };
    const onPaste = (event: ClipboardEvent) => {
      const data = event.clipboardData;
      if (data === null || data.files.length === 0 || document.querySelector("dialog[open]")) {
        return;
      }
      // Text that is copied with a picture goes where it is pasted.
      if (data.getData("text/plain") === "") {
        event.preventDefault();
      }
      attach(data.files);
    };
    window.addEventListener("dragover", onOver);
    window.addEventListener("dragleave", onLeave);
    window.addEventListener("drop", onDrop);
    window.addEventListener("paste", onPaste);
    return () => {
      window.removeEventListener("dragover", onOver);
      window.removeEventListener("dragleave", onLeave);
      window.removeEventListener("drop", onDrop);
      window.removeEventListener("paste", onPaste);
    };
  }, [store]);
  return over;
}
