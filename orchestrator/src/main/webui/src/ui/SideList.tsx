// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from "preact/hooks";
import type { Session } from "#proto/owlmesh/chat/v1/chat";
import { dayHeading, formatMoment, grouped } from "../dates";
import type { Store } from "../store";
import { language, t } from "../language";
import { Appearance } from "./Appearance";
import { Icon, IconButton } from "./Icon";
import { isComposing } from "./keys";

interface Props {
  store: Store;
  isOpen: boolean;
  close: () => void;
}

/** How long a person types before the mesh is asked, milliseconds. */
const TYPING = 250;

export const sessionTitle = (session: Session | undefined) => session?.title || t("Untitled");

/** The conversations that the mesh keeps. */
export function SideList({ store, isOpen, close }: Props) {
  const [selected, setSelected] = useState<ReadonlySet<string>>();
  const list = useRef<HTMLElement>(null);
  const sessions = store.list.shown.value;
  useEffect(() => {
    if (isOpen) {
      list.current?.querySelector<HTMLElement>("a, button")?.focus();
    }
  }, [isOpen]);
  const toggle = (id: string) =>
    setSelected((before) => {
      const next = new Set(before);
      if (!next.delete(id)) {
        next.add(id);
      }
      return next;
    });
  const remove = (ids: readonly string[]) => {
    setSelected(undefined);
    store.delete(ids);
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(".undo button")?.focus());
  };
  return (
    <nav id="side" ref={list} class={isOpen ? "side open" : "side"} aria-label={t("Conversations")}>
      <div class="side-head">
        <a class="button new" href="#/" onClick={close}>
          <Icon name="plus" /> {t("New conversation")}
        </a>
        <IconButton icon="close" class="narrow" label={t("Close the list")} onClick={close} />
      </div>
      <div class="side-head narrow">
        <Appearance />
      </div>
      <div class="side-head">
        <SearchField store={store} />
        <IconButton
          icon="select"
          label={t("Select conversations")}
          pressed={selected !== undefined}
          onClick={() => setSelected(selected === undefined ? new Set() : undefined)}
        />
      </div>
      {selected !== undefined && (
        <button
          type="button"
          class="button danger"
          aria-disabled={selected.size === 0 || undefined}
          onClick={() => selected.size > 0 && remove([...selected])}
        >
          {t(selected.size === 1 ? "Delete {n} conversation" : "Delete {n} conversations", { n: selected.size })}
        </button>
      )}
      <Undo store={store} />
      {grouped(sessions, (session) => dayHeading(session.updatedAt ?? "", new Date(), language.value)).map(({ heading, members }) => (
        <section key={heading} aria-label={heading}>
          <h2 class="side-day">{heading}</h2>
          <ul>
            {members.map((session) => (
              <SessionItem
                key={session.id}
                store={store}
                session={session}
                open={close}
                selected={selected?.has(session.id)}
                toggle={() => toggle(session.id)}
                onDelete={() => remove([session.id])}
              />
            ))}
          </ul>
        </section>
      ))}
      {sessions.length === 0 && store.list.nextPageToken.value === "" && (
        <p class="side-empty">
          {t(store.list.query.value === "" ? "No conversations yet." : "No conversation holds this.")}
        </p>
      )}
      {store.list.nextPageToken.value !== "" && (
        <button type="button" class="button more" onClick={() => void store.loadMore()}>
          {t("Load more")}
        </button>
      )}
    </nav>
  );
}

function SearchField({ store }: { store: Store }) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  return (
    <input
      type="search"
      class="search"
      dir="auto"
      maxLength={200}
      aria-label={t("Search conversations")}
      placeholder={t("Search")}
      onInput={(event) => {
        const text = event.currentTarget.value.trim();
        clearTimeout(timer.current);
        timer.current = setTimeout(() => void store.search(text), TYPING);
      }}
    />
  );
}

/** Gives back what was deleted, for a while. */
function Undo({ store }: { store: Store }) {
  const { size } = store.list.hidden.value;
  return (
    <div role="status">
      {size > 0 && (
        <p class="undo">
          <span>{t(size === 1 ? "{n} conversation deleted." : "{n} conversations deleted.", { n: size })}</span>
          <button type="button" class="button" onClick={() => store.undoDelete()}>
            {t("Undo")}
          </button>
        </p>
      )}
    </div>
  );
}

interface SessionItemProps {
  store: Store;
  session: Session;
  open: () => void;
  /** Whether it is one of several that are chosen; undefined while none can be. */
  selected: boolean | undefined;
  toggle: () => void;
  onDelete: () => void;
}

function SessionItem({ store, session, open, selected, toggle, onDelete }: SessionItemProps) {
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
  if (selected !== undefined) {
    return (
      <li class="entry">
        <label class="entry-choice">
          <input type="checkbox" checked={selected} onChange={toggle} />
          <span dir="auto">{title}</span>
        </label>
      </li>
    );
  }
  return (
    <li ref={item} class={current ? "entry current" : "entry"}>
      {renaming ? (
        <Rename title={session.title} done={done} />
      ) : (
        <>
          <a
            href={`#/c/${session.id}`}
            dir="auto"
            title={`${title}\n${formatMoment(session.updatedAt ?? "", language.value)}`}
            aria-current={current ? "page" : undefined}
            onClick={open}
          >
            {title}
          </a>
          <IconButton
            icon="pencil"
            class="rename"
            label={t("Rename “{title}”", { title })}
            onClick={() => setRenaming(true)}
          />
          <IconButton icon="trash" label={t("Delete “{title}”", { title })} onClick={onDelete} />
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
      dir="auto"
      aria-label={t("New title")}
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
