// SPDX-License-Identifier: Apache-2.0
import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import type { Store } from "../store";
import { Composer } from "./Composer";
import { useFiles } from "./files";
import { Header } from "./Header";
import { Notice } from "./Notice";
import { SettingsDialog } from "./SettingsDialog";
import { sessionTitle, SideList } from "./SideList";
import { Thread } from "./Thread";

const NARROW = "(max-width: 50rem)";

/** The whole page. */
export function App({ store }: { store: Store }) {
  const [, redraw] = useReducer((version: number, _: void) => version + 1, 0);
  const [sideOpen, setSideOpen] = useState(false);
  const [settingsOpen, setSettingsOpen] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  const dropping = useFiles(store);
  useEffect(() => store.subscribe(() => redraw()), [store]);

  const closeSide = () => setSideOpen(false);
  const wasOpen = useRef(false);
  useEffect(() => {
    // Not before: what lies behind an open list takes no focus.
    if (wasOpen.current && !sideOpen) {
      menu.current?.querySelector("button")?.focus();
    }
    wasOpen.current = sideOpen;
  }, [sideOpen]);
  useEffect(() => {
    const narrow = window.matchMedia(NARROW);
    const close = () => setSideOpen(false);
    narrow.addEventListener("change", close);
    return () => narrow.removeEventListener("change", close);
  }, []);
  useEscape(store, sideOpen ? closeSide : undefined);

  const conversation = store.current;
  const title = sessionTitle(conversation.session);
  useEffect(() => {
    document.title = conversation.session === undefined ? "OwlMesh" : `${title} – OwlMesh`;
  }, [title, conversation]);

  return (
    <>
      <button
        type="button"
        class="skip"
        onClick={() => document.getElementById("message")?.focus()}
      >
        Skip to the message
      </button>
      <SideList store={store} isOpen={sideOpen} close={closeSide} />
      {sideOpen && <div class="backdrop" onClick={closeSide} />}
      <main inert={sideOpen}>
        <Header
          store={store}
          sideOpen={sideOpen}
          menu={menu}
          openSide={() => setSideOpen(true)}
          openSettings={() => setSettingsOpen(true)}
        />
        {store.meshProblem && <Notice problem={store.meshProblem} />}
        {store.notice && <Notice problem={store.notice} dismiss={() => store.dismiss()} />}
        <Thread store={store} conversation={conversation} />
        <Composer store={store} conversation={conversation} />
      </main>
      {settingsOpen && <SettingsDialog store={store} onClose={() => setSettingsOpen(false)} />}
      {dropping && <div class="drop">Drop the pictures here</div>}
      <div class="visually-hidden" role="log" aria-live="polite" aria-label="Answer as it comes">
        {store.announcer.lines.map((line) => (
          <p key={line.key}>{line.text}</p>
        ))}
      </div>
    </>
  );
}

/** Escape ends one thing: the open list, an edit, or else the answer. Dialogs take it for themselves. */
function useEscape(store: Store, closeSide: (() => void) | undefined): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.isComposing || document.querySelector("dialog[open]")) {
        return;
      }
      if (closeSide !== undefined) {
        closeSide();
      } else if (store.current.activeTurn !== undefined) {
        void store.turns.stop(store.current);
      } else if (store.current.editing !== undefined) {
        store.cancelEdit();
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });
}
