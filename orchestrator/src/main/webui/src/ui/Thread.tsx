// SPDX-License-Identifier: Apache-2.0
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Conversation } from "../conversation";
import type { Store } from "../store";
import { Answer } from "./Answer";
import { Examples } from "./Examples";
import { UserMessage } from "./UserMessage";
import { Notice } from "./Notice";

/** How near to its end a reader must be for new text to keep the end in sight, pixels. */
const NEAR = 120;

/** What was said on the current branch. */
export function Thread({ store, conversation }: { store: Store; conversation: Conversation }) {
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    follows.current = true;
  }, [conversation, conversation.live]);
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
        follows.current = scrollHeight - scrollTop - clientHeight < NEAR;
      }}
    >
      <Said store={store} conversation={conversation} />
      {conversation.problem && <Notice problem={conversation.problem} retry={conversation.retry} />}
    </div>
  );
}

function Said({ store, conversation }: { store: Store; conversation: Conversation }) {
  if (conversation.loading) {
    return <p class="progress">Opening the conversation</p>;
  }
  const { branch } = conversation;
  if (branch.length === 0) {
    const waits = conversation.live !== undefined && conversation.live.answerId === undefined;
    return waits ? <Sending words={conversation.live!.words()} /> : <Examples store={store} conversation={conversation} />;
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
      {conversation.live !== undefined && conversation.live.answerId === undefined && (
        <li key="sending">
          <Sending words={conversation.live.words()} />
        </li>
      )}
    </ol>
  );
}

function Sending({ words }: { words: string }) {
  return (
    <p class="progress">
      <span class="pulse" aria-hidden="true" />
      {words}
    </p>
  );
}
