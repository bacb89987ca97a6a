// SPDX-License-Identifier: Apache-2.0
import type { Conversation } from "../conversation";
import { Draft } from "../draft";
import { toProblem } from "../errors";
import { EXAMPLES, type Example, fetchPicture } from "../examples";
import type { Store } from "../store";
import { t } from "../language";

/** What an empty conversation shows: questions that can be asked at once. */
export function Examples({ store, conversation }: { store: Store; conversation: Conversation }) {
  const send = async (draft: Draft) => {
    await store.turns.send(conversation, draft);
    const problem = draft.problem.value ?? draft.attachments.value[0]?.problem.value;
    if (problem !== undefined) {
      conversation.failure.value = { problem, retry: problem.retryable ? () => void send(draft) : undefined };
    }
  };
  const ask = async (example: Example) => {
    // Not the draft that a person may have begun.
    const draft = new Draft();
    try {
      store.attach(draft, [await fetchPicture(example)]);
    } catch (failure) {
      conversation.failure.value = { problem: toProblem(failure), retry: () => void ask(example) };
      return;
    }
    draft.setText(example.question);
    document.getElementById("message")?.focus();
    await send(draft);
  };
  return (
    <div class="examples">
      <h2>{t("What do you see, owl?")}</h2>
      <p>
        {t("Show pictures and ask about them.")}
        {store.mesh.value?.model === "owl-nano" &&
          ` ${t("This is the nano owl: it knows a toy world of coloured shapes, signs, tables and charts.")}`}
      </p>
      <ul>
        {EXAMPLES.map((example) => (
          <li key={example.file}>
            <button type="button" class="example" onClick={() => void ask(example)}>
              <img src={example.picture} width={64} height={64} alt={example.alt} />
              <span>{example.question}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
