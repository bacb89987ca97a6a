// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "preact/hooks";
import type { Store } from "../store";

/** Takes files that are dropped or pasted anywhere on the page; whether some are held over it. */
export function useFiles(store: Store): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const attach = (files: FileList) => {
      const { current } = store;
      const draft = current.editing?.draft ?? current.draft;
      if (!draft.sending) {
        store.attach(draft, files);
      }
      if (current.editing === undefined) {
        document.getElementById("message")?.focus();
      }
    };
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const onOver = (event: DragEvent) => {
      if (hasFiles(event)) {
        event.preventDefault();
        setOver(true);
      }
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) {
        setOver(false);
      }
    };
    const onDrop = (event: DragEvent) => {
      setOver(false);
      if (hasFiles(event)) {
        event.preventDefault();
        attach(event.dataTransfer!.files);
      }
    };
    const onPaste = (event: ClipboardEvent) => {
      const files = event.clipboardData?.files;
      if (files !== undefined && files.length > 0 && !document.querySelector("dialog[open]")) {
        event.preventDefault();
        attach(files);
      }
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
