// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";
import type { Message } from "#proto/owlmesh/chat/v1/chat";
import type { Conversation } from "../conversation";
import type { Store } from "../store";
import { siblings } from "../tree";
import { t } from "../language";
import { AnsweredBy } from "./AnsweredBy";
import { CopyButton } from "./CopyButton";
import { Ending } from "./Ending";
import { FeedbackButtons } from "./FeedbackButtons";
import { IconButton } from "./Icon";
import { Journey } from "./Journey";
import { Said } from "./Said";
import { AgainDialog } from "./SettingsDialog";
import { SideBySide } from "./SideBySide";
import { Switcher } from "./Switcher";
import { TimeBar } from "./TimeBar";

interface Props {
  store: Store;
  conversation: Conversation;
  message: Message;
}

/** What the model said, or is saying. */
export function Answer({ store, conversation, message }: Props) {
  const answering = message.state === "MESSAGE_STATE_ANSWERING";
  const [again, setAgain] = useState(false);
  const compared =
    conversation.compared.value === message.parentId && siblings(conversation.messages.value, message).length > 1;
  return (
    <article class="answer" aria-label={t("Answer")} aria-busy={answering}>
      {!(compared && !answering) && <AnsweredBy store={store} conversation={conversation} message={message} />}
      {answering ? (
        <Arriving conversation={conversation} message={message} />
      ) : compared ? (
        <SideBySide store={store} conversation={conversation} message={message} />
      ) : (
        message.text !== "" && <Said text={message.text} />
      )}
      <Ending message={message} />
      {message.answer && <Omitted messages={message.answer.omittedMessages} />}
      {message.answer && <TimeBar answer={message.answer} />}
      {message.answer && <Journey store={store} answer={message.answer} />}
      {!answering && (
        <div class="actions">
          <Switcher store={store} conversation={conversation} message={message} />
          <IconButton
            icon="again"
            label={t("Answer again")}
            idle={conversation.isAnswering}
            onClick={() => void store.turns.regenerate(conversation, message)}
          />
          <IconButton
            icon="sliders"
            label={t("Answer differently")}
            idle={conversation.isAnswering}
            onClick={() => setAgain(true)}
          />
          {message.text !== "" && <CopyButton store={store} text={message.text} label={t("Copy answer")} />}
          <FeedbackButtons store={store} message={message} />
        </div>
      )}
      {again && (
        <AgainDialog store={store} conversation={conversation} message={message} onClose={() => setAgain(false)} />
      )}
    </article>
  );
}

/** The only part of the page that is drawn again for every token. */
function Arriving({ conversation, message }: { conversation: Conversation; message: Message }) {
  const activeTurn = conversation.activeTurn.value;
  const isHere = activeTurn?.answerId.value === message.id;
  const text = isHere ? activeTurn.text.value : message.text;
  const disconnected = isHere && activeTurn.disconnected.value;
  return (
    <>
      {text !== "" && <Said text={text} writing />}
      {disconnected ? (
        <Status text={t("The connection is gone; trying again")} />
      ) : (
        text === "" && <Status text={isHere ? activeTurn.status.value : t("Answering")} />
      )}
    </>
  );
}

function Status({ text }: { text: string }) {
  return (
    <p class="progress">
      <span class="pulse" aria-hidden="true" />
      {text}
    </p>
  );
}

function Omitted({ messages }: { messages: number }) {
  return messages > 0 ? (
    <p class="ending">
      {t(
        messages === 1
          ? "The model did not see the first {n} message of this conversation: there is no room for more."
          : "The model did not see the first {n} messages of this conversation: there is no room for more.",
        { n: messages },
      )}
    </p>
  ) : null;
}
