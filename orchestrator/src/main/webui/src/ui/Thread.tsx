// SPDX-License-Identifier: Apache-2.0
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Conversation } from "../conversation";
import type { Store } from "../store";
import { Answer } from "./Answer";
import { Examples } from "./Examples";
import { UserMessage } from "./UserMessage";
import { Notice } from "./Notice";

/** How near to its end a reader must be for new text to keep the end in sight, pixels. */
const FOLLOW_MARGIN = 120;

/** What was said on the current branch. */
export function Thread({ store, conversation }: { store: Store; conversation: Conversation }) {
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    follows.current = true;
  }, [conversation, conversation.activeTurn]);
  useLayoutEffect(() => {
    if (follows.current && box.current !== null) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  });
  return (
    <div
      class="thread"
      ref={box}
      tabIndex={0}
      role="region"
      aria-label="Messages"
      onScroll={(event) => {
        const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
        follows.current = scrollHeight - scrollTop - clientHeight < FOLLOW_MARGIN;
      }}
    >
      <MessageList store={store} conversation={conversation} />
      {conversation.problem && <Notice problem={conversation.problem} retry={conversation.retry} />}
    </div>
  );
}

function MessageList({ store, conversation }: { store: Store; conversation: Conversation }) {
  if (conversation.loading) {
    return <p class="progress">Opening the conversation</p>;
  }
  const { branch } = conversation;
  if (branch.length === 0) {
    const waits = conversation.activeTurn !== undefined && conversation.activeTurn.answerId === undefined;
    return waits ? <PendingStatus status={conversation.activeTurn!.status()} /> : <Examples store={store} conversation={conversation} />;
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
      {conversation.activeTurn !== undefined && conversation.activeTurn.answerId === undefined && (
        <li key="sending">
          <PendingStatus status={conversation.activeTurn.status()} />
        </li>
      )}
    </ol>
  );
}

function PendingStatus({ status }: { status: string }) {
  return (
    <p class="progress">
      <span class="pulse" aria-hidden="true" />
      {status}
    </p>
  );
}
