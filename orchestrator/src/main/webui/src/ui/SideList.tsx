// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from "preact/hooks";
import type { Session } from "#proto/owlmesh/chat/v1/chat";
import type { Store } from "../store";
import { ConfirmDialog } from "./ConfirmDialog";
import { Icon, IconButton } from "./Icon";
import { isComposing } from "./keys";

interface Props {
  store: Store;
  isOpen: boolean;
  close: () => void;
}

export const sessionTitle = (session: Session | undefined) => session?.title || "Untitled";

/** Nothing was ever said in a session without title and head: whoever began it never got a message through. */
const isWorthShowing = (session: Session) => session.title !== "" || session.head !== "";

/** The conversations that the mesh keeps. */
export function SideList({ store, isOpen, close }: Props) {
  const [toDelete, setToDelete] = useState<Session>();
  const sessions = store.list.sessions.value.filter(isWorthShowing);
  const list = useRef<HTMLElement>(null);
  useEffect(() => {
    if (isOpen) {
      list.current?.querySelector<HTMLElement>("a, button")?.focus();
    }
  }, [isOpen]);
  return (
    <nav id="side" ref={list} class={isOpen ? "side open" : "side"} aria-label="Conversations">
      <div class="side-head">
        <a class="button new" href="#/" onClick={close}>
          <Icon name="plus" /> New conversation
        </a>
        <IconButton icon="close" class="narrow" label="Close the list" onClick={close} />
      </div>
      <ul>
        {sessions.map((session) => (
          <SessionItem
            key={session.id}
            store={store}
            session={session}
            open={close}
            onDelete={() => setToDelete(session)}
          />
        ))}
      </ul>
      {sessions.length === 0 && <p class="side-empty">No conversations yet.</p>}
      {store.list.nextPageToken.value !== "" && (
        <button type="button" class="button more" onClick={() => void store.loadMore()}>
          Load more
        </button>
      )}
      {toDelete && (
        <ConfirmDialog
          question={`Delete “${sessionTitle(toDelete)}”?`}
          consequence="Its messages, pictures and ratings are gone for good."
          confirm="Delete"
          onConfirm={() => {
            void store.delete(toDelete.id);
            list.current?.querySelector<HTMLElement>(".new")?.focus();
          }}
          onClose={() => setToDelete(undefined)}
        />
      )}
    </nav>
  );
}

interface SessionItemProps {
  store: Store;
  session: Session;
  open: () => void;
  onDelete: () => void;
}

function SessionItem({ store, session, open, onDelete }: SessionItemProps) {
  const [renaming, setRenaming] = useState(false);
  const item = useRef<HTMLLIElement>(null);
  const title = sessionTitle(session);
  const current = store.current.value.id === session.id;
  const done = (name: string) => {
    setRenaming(false);
    if (name !== "" && name !== session.title) {
      void store.rename(session.id, name);
    }
    requestAnimationFrame(() => item.current?.querySelector<HTMLElement>(".rename")?.focus());
  };
  return (
    <li ref={item} class={current ? "entry current" : "entry"}>
      {renaming ? (
        <Rename title={session.title} done={done} />
      ) : (
        <>
          <a href={`#/c/${session.id}`} dir="auto" aria-current={current ? "page" : undefined} onClick={open}>
            {title}
          </a>
          <IconButton
            icon="pencil"
            class="rename"
            label={`Rename “${title}”`}
            onClick={() => setRenaming(true)}
          />
          <IconButton icon="trash" label={`Delete “${title}”`} onClick={onDelete} />
        </>
      )}
    </li>
  );
}

function Rename({ title, done }: { title: string; done: (name: string) => void }) {
  const field = useRef<HTMLInputElement>(null);
  const finished = useRef(false);
  useEffect(() => field.current?.select(), []);
  const finish = (name: string) => {
    if (!finished.current) {
      finished.current = true;
      done(name);
    }
  };
  return (
    <input
      ref={field}
      class="rename-field"
      aria-label="New title"
      maxLength={200}
      defaultValue={title}
      onBlur={(event) => finish(event.currentTarget.value.trim())}
      onKeyDown={(event) => {
        if (event.key === "Enter" && !isComposing(event)) {
          finish(event.currentTarget.value.trim());
        } else if (event.key === "Escape") {
          event.stopPropagation();
          finish("");
        }
      }}
    />
  );
}
