// SPDX-License-Identifier: Apache-2.0
import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { ActiveTurn, Conversation } from "../conversation";
import type { Store } from "../store";
import { t } from "../language";
import { Answer } from "./Answer";
import { Examples } from "./Examples";
import { IconButton } from "./Icon";
import { Notice } from "./Notice";
import { UserMessage } from "./UserMessage";

/** How near to its end a reader must be for new text to keep the end in sight, pixels. */
const FOLLOW_MARGIN = 120;

/** What was said on the current branch. */
export function Thread({ store, conversation }: { store: Store; conversation: Conversation }) {
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const isAway = useSignal(false);
  const failure = conversation.failure.value;
  const activeTurn = conversation.activeTurn.value;
  useLayoutEffect(() => {
    // Whoever opens a conversation or takes a turn sees its end; others' turns and the end of an answer move nobody.
    if (activeTurn?.isOwn) {
      follows.current = true;
      toEnd(box.current!);
    }
  }, [activeTurn]);
  useLayoutEffect(() => {
    follows.current = true;
    toEnd(box.current!);
  }, [conversation]);
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      // What is observed may change once more when the thread has gone already.
      if (follows.current && box.current !== null) {
        toEnd(box.current);
      }
    });
    observer.observe(content.current!);
    return () => observer.disconnect();
  }, []);
  return (
    <>
      <div
        class="thread"
        ref={box}
        tabIndex={0}
        role="region"
        aria-label={t("Messages")}
        onScroll={(event) => {
          const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
          const left = scrollHeight - scrollTop - clientHeight;
          follows.current = left < FOLLOW_MARGIN;
          isAway.value = left > clientHeight;
        }}
      >
        <div class="thread-content" ref={content}>
          <MessageList store={store} conversation={conversation} />
          {failure && <Notice problem={failure.problem} retry={failure.retry} />}
        </div>
      </div>
      <ToEnd
        isAway={isAway}
        go={() => {
          box.current!.focus({ preventScroll: true });
          toEnd(box.current!);
        }}
      />
    </>
  );
}

/** Leads whoever reads far above to the end. */
function ToEnd({ isAway, go }: { isAway: ReadonlySignal<boolean>; go: () => void }) {
  return isAway.value ? (
    <div class="to-end">
      <IconButton icon="below" label={t("To the end")} onClick={go} />
    </div>
  ) : null;
}

function toEnd(box: HTMLElement): void {
  // Examples are read from their heading on.
  const isNew = box.querySelector(".examples") !== null && box.querySelector(".notice") === null;
  box.scrollTop = isNew ? 0 : box.scrollHeight;
}

function MessageList({ store, conversation }: { store: Store; conversation: Conversation }) {
  const branch = conversation.branch.value;
  const activeTurn = conversation.activeTurn.value;
  const pending = activeTurn !== undefined && activeTurn.answerId.value === undefined ? activeTurn : undefined;
  if (conversation.loading.value) {
    return <p class="progress">{t("Opening the conversation")}</p>;
  }
  if (branch.length === 0) {
    return pending === undefined ? (
      <Examples store={store} conversation={conversation} />
    ) : (
      <PendingStatus activeTurn={pending} />
    );
  }
  return (
    <ol class="messages">
      {branch.map((message) => (
        // By place, not by message: whoever moves between branches keeps the focus.
        <li key={`${message.parentId} ${message.role}`}>
          {message.role === "ROLE_HUMAN" ? (
            <UserMessage store={store} conversation={conversation} message={message} />
          ) : (
            <Answer store={store} conversation={conversation} message={message} />
          )}
        </li>
      ))}
      {pending !== undefined && (
        <li key="sending">
          <PendingStatus activeTurn={pending} />
        </li>
      )}
    </ol>
  );
}

function PendingStatus({ activeTurn }: { activeTurn: ActiveTurn }) {
  return (
    <p class="progress">
      <span class="pulse" aria-hidden="true" />
      {activeTurn.status.value}
    </p>
  );
}
