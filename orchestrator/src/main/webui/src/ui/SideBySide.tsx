// SPDX-License-Identifier: Apache-2.0
import type { Message } from "#proto/owlmesh/chat/v1/chat";
import type { Conversation } from "../conversation";
import { t } from "../language";
import type { Store } from "../store";
import { answerStats } from "../timebar";
import { siblings } from "../tree";
import { whatMadeIt } from "./Journey";
import { Said } from "./Said";

interface Props {
  store: Store;
  conversation: Conversation;
  message: Message;
}

/** All answers to one question, each with what made it. */
export function SideBySide({ store, conversation, message }: Props) {
  const all = siblings(conversation.messages.value, message);
  return (
    <ol class="side-by-side" aria-label={t("Answers side by side")} tabIndex={0}>
      {all.map((other, i) => (
        <li key={other.id} class={other.id === message.id ? "shown" : ""}>
          <p class="facts">
            {i + 1} / {all.length} · <bdi>{made(other)}</bdi>
          </p>
          <Said text={other.text} />
          {other.answer && <p class="facts">{answerStats(other.answer).join(" · ")}</p>}
          {other.id === message.id ? (
            <p class="facts">{t("This answer is shown")}</p>
          ) : (
            <button
              type="button"
              class="button quiet"
              disabled={conversation.isAnswering.value}
              onClick={() => void store.switchTo(other)}
            >
              {t("Go on from this answer")}
            </button>
          )}
        </li>
      ))}
    </ol>
  );
}

function made(message: Message): string {
  const options = message.answer === undefined ? [] : whatMadeIt(message.answer);
  return options.length === 0 ? t("with the defaults") : options.join(" · ");
}
