// SPDX-License-Identifier: Apache-2.0
import { useRef } from "preact/hooks";
import { imageUrl } from "../api";
import { fileName, toJsonLines, toMarkdown } from "../exporting";
import type { Store } from "../store";
import { t } from "../language";
import { Icon } from "./Icon";
import { sessionTitle } from "./SideList";

/** Saves the conversation as a file of this computer. */
export function ExportMenu({ store }: { store: Store }) {
  const menu = useRef<HTMLDetailsElement>(null);
  const conversation = store.current.value;
  const session = conversation.session.value;
  if (session === undefined || conversation.branch.value.length === 0) {
    return null;
  }
  const title = sessionTitle(session);
  const save = (ending: string, type: string, content: string) => {
    download(fileName(title, ending), new Blob([content], { type }));
    menu.current!.open = false;
    menu.current!.querySelector("summary")?.focus();
  };
  const absolute = (sha256: string) => new URL(imageUrl({ sha256 }), location.href).href;
  return (
    <details
      class="menu"
      ref={menu}
      onKeyDown={(event) => {
        if (event.key === "Escape" && menu.current!.open) {
          event.stopPropagation();
          menu.current!.open = false;
          menu.current!.querySelector("summary")?.focus();
        }
      }}
      onFocusOut={(event) => {
        if (event.relatedTarget !== null && !menu.current!.contains(event.relatedTarget as Node)) {
          menu.current!.open = false;
        }
      }}
    >
      <summary class="icon-button" aria-label={t("Export")} title={t("Export")}>
        <Icon name="download" />
      </summary>
      <div class="menu-items">
        <button
          type="button"
          class="button"
          onClick={() => save("md", "text/markdown", toMarkdown(title, conversation.branch.value, absolute))}
        >
          {t("As Markdown, this branch")}
        </button>
        <button
          type="button"
          class="button"
          onClick={() => save("jsonl", "application/jsonl", toJsonLines(session, conversation.messages.value))}
        >
          {t("As JSON lines, all branches")}
        </button>
      </div>
    </details>
  );
}

function download(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
