// SPDX-License-Identifier: Apache-2.0
import { useComputed } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Problem, toProblem } from "../errors";
import type { Store } from "../store";
import { language, t } from "../language";
import { Composer } from "./Composer";
import { useFiles } from "./files";
import { Header } from "./Header";
import { isComposing } from "./keys";
import { Notice } from "./Notice";
import { SettingsDialog } from "./SettingsDialog";
import { SideList, sessionTitle } from "./SideList";
import { Thread } from "./Thread";

const NARROW = "(max-width: 50rem)";

/** The whole page. */
export function App({ store }: { store: Store }) {
  const [sideOpen, setSideOpen] = useState(false);
  const [settingsOpen, setSettingsOpen] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  const dropping = useFiles(store);

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

  const conversation = store.current.value;
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById("message")?.focus()}>
        {t("Skip to the message")}
      </button>
      <Title store={store} />
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
        <Notices store={store} />
        {store.meshShown.value ? (
          <MeshPlace />
        ) : (
          <>
            <Thread store={store} conversation={conversation} />
            <Composer store={store} conversation={conversation} />
          </>
        )}
      </main>
      {settingsOpen && <SettingsDialog store={store} onClose={() => setSettingsOpen(false)} />}
      {dropping && <div class="drop">{t("Drop the pictures here")}</div>}
      <Announcements store={store} />
    </>
  );
}

/** The view of the mesh, loaded when somebody looks at it. */
function MeshPlace() {
  const [loaded, setLoaded] = useState<typeof import("./MeshView")>();
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    import("./MeshView").then(setLoaded, (failure: unknown) => setProblem(toProblem(failure)));
  }, []);
  return loaded === undefined ? problem && <Notice problem={problem} /> : <loaded.MeshView />;
}

function Title({ store }: { store: Store }) {
  const title = useComputed(() => {
    const session = store.current.value.session.value;
    return session === undefined ? "OwlMesh" : `${sessionTitle(session)} – OwlMesh`;
  }).value;
  useEffect(() => {
    document.title = title;
    document.documentElement.lang = language.value;
  }, [title, language.value]);
  return null;
}

function Notices({ store }: { store: Store }) {
  const mesh = store.meshProblem.value;
  const notice = store.notice.value;
  const chosen = store.current.value.model.value;
  const othersAnswer = store.models.value.some(
    ({ name, defaultModel, ready }) => ready && name !== chosen && !(chosen === "" && defaultModel),
  );
  return (
    <>
      {mesh && <Notice problem={mesh} hint={othersAnswer ? t("Other models answer: choose one above.") : undefined} />}
      {notice && <Notice problem={notice} dismiss={() => store.dismiss()} />}
    </>
  );
}

function Announcements({ store }: { store: Store }) {
  return (
    <div class="visually-hidden" role="log" aria-live="polite" aria-label={t("Answer as it comes")}>
      {store.announcer.lines.value.map((line) => (
        <p key={line.key}>{line.text}</p>
      ))}
    </div>
  );
}

/** Escape ends one thing: the open list, an edit, or else the answer. Dialogs take it for themselves. */
function useEscape(store: Store, closeSide: (() => void) | undefined): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || isComposing(event) || document.querySelector("dialog[open]")) {
        return;
      }
      const conversation = store.current.value;
      if (closeSide !== undefined) {
        closeSide();
      } else if (conversation.isAnswering.value) {
        void store.turns.stop(conversation);
      } else if (conversation.editing.value !== undefined) {
        store.cancelEdit();
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });
}
