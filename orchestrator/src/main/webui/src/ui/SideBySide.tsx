// SPDX-License-Identifier: Apache-2.0
import type { Message } from "#proto/owlmesh/chat/v1/chat";
import type { Conversation } from "../conversation";
import { t } from "../language";
import type { Store } from "../store";
import { answerStats } from "../timebar";
import { siblings } from "../tree";
import { AnsweredBy } from "./AnsweredBy";
import { Ending } from "./Ending";
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
            {i + 1} / {all.length}
            {other.answer?.options && (
              <>
                {" "}
                · <bdi>{whatMadeIt(store, other.answer).join(" · ") || t("with the defaults")}</bdi>
              </>
            )}
          </p>
          <AnsweredBy store={store} conversation={conversation} message={other} />
          {other.text !== "" && <Said text={other.text} />}
          <Ending message={other} />
          {other.answer && <p class="facts">{answerStats(other.answer).join(" · ")}</p>}
          <GoOnButton
            shown={other.id === message.id}
            idle={conversation.isAnswering.value}
            onClick={() => void store.switchTo(other)}
          />
        </li>
      ))}
    </ol>
  );
}

/** Stays where it is and keeps the focus, whichever answer is shown. */
function GoOnButton({ shown, idle, onClick }: { shown: boolean; idle: boolean; onClick: () => void }) {
  return (
    <button
      type="button"
      class="button quiet"
      aria-disabled={shown || idle || undefined}
      onClick={() => {
        if (!shown && !idle) {
          onClick();
        }
      }}
    >
      {t(shown ? "This answer is shown" : "Go on from this answer")}
    </button>
  );
}
