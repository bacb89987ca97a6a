// SPDX-License-Identifier: Apache-2.0
import type { Message } from "#proto/owlmesh/chat/v1/chat";
import { answerProblem } from "../errors";
import { t } from "../language";
import { Notice } from "./Notice";

/** Says so if the answer is not whole. */
export function Ending({ message }: { message: Message }) {
  switch (message.state) {
    case "MESSAGE_STATE_STOPPED":
      return <p class="ending">{t("Stopped. “Answer again” begins anew.")}</p>;
    case "MESSAGE_STATE_INTERRUPTED":
      return <p class="ending">{t("Interrupted before its end. “Answer again” begins anew.")}</p>;
    case "MESSAGE_STATE_FAILED":
      return <Notice problem={answerProblem(message)} alert={false} />;
    default:
      return message.answer?.reason === "FINISH_REASON_LENGTH" ? (
        <p class="ending">{t("Cut off at the longest answer allowed.")}</p>
      ) : null;
  }
}
