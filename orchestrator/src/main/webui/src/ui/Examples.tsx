// SPDX-License-Identifier: Apache-2.0
import type { Conversation } from "../conversation";
import { Draft } from "../draft";
import { type Example, filesOf } from "../examples";
import type { Store } from "../store";
import { t } from "../language";

/** What an empty conversation shows: questions that fit the model, and can be asked at once. */
export function Examples({ store, conversation }: { store: Store; conversation: Conversation }) {
  const examples = store.examples.value;
  /** Whether it was answered. */
  const send = async (draft: Draft, again: () => void): Promise<boolean> => {
    await store.turns.send(conversation, draft);
    const problem = draft.problem.value ?? draft.attachments.value[0]?.problem.value;
    if (problem !== undefined) {
      conversation.failure.value = { problem, retry: problem.retryable ? again : undefined };
    }
    return draft.isEmpty.value && conversation.branch.value.at(-1)?.state === "MESSAGE_STATE_COMPLETE";
  };
  const ask = async (example: Example) => {
    // Not the draft that a person may have begun.
    const draft = new Draft();
    store.attach(draft, filesOf(example));
    draft.setText(example.question);
    document.getElementById("message")?.focus();
    const goOn = async () => {
      let answered = await send(draft, () => void goOn());
      for (const [i, question] of example.next.entries()) {
        // Who asks something else meanwhile, or leaves, is not followed by the rest.
        const isAlone = store.current.value === conversation && conversation.messages.value.length === 2 * (i + 1);
        if (answered && isAlone) {
          const following = new Draft();
          following.setText(question);
          answered = await send(following, () => void send(following, () => {}));
        }
      }
    };
    await goOn();
  };
  return (
    <div class="examples">
      <h2>{t("What do you see, owl?")}</h2>
      <p>
        {t("Show pictures and ask about them.")}
        {store.mesh.value?.model === "owl-nano" &&
          ` ${t("This is the nano owl: it knows a toy world of coloured shapes, signs, tables and charts.")}`}
      </p>
      {examples.length > 0 && (
        <ul>
          {examples.map((example) => (
            <li key={example.question}>
              <button type="button" class="example" lang={example.language} onClick={() => void ask(example)}>
                <span class="example-pictures">
                  {example.pictures.map((picture, i) => (
                    <img key={i} src={picture} width={64} height={64} alt={example.shown[i] ?? ""} />
                  ))}
                </span>
                <span dir="auto">{[example.question, ...example.next].join(" ")}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
