// SPDX-License-Identifier: Apache-2.0
import type { Message } from "#proto/owlmesh/chat/v1/chat";
import type { Conversation } from "../conversation";
import { t } from "../language";
import { isModelTold } from "../models";
import type { Store } from "../store";

interface Props {
  store: Store;
  conversation: Conversation;
  message: Message;
}

/** Names the model that gave an answer, where it may have been another one. */
export function AnsweredBy({ store, conversation, message }: Props) {
  return message.model !== "" && isModelTold(store.models.value, conversation.messages.value) ? (
    <p class="answered-by">
      {t("Model")} <bdi>{message.model}</bdi>
    </p>
  ) : null;
}
