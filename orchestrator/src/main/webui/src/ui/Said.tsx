// SPDX-License-Identifier: Apache-2.0
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** What a text has if it may be Markdown: most answers are a sentence, and need none. */
const MARKS = /[*_`~|[\]\\]|^\s*(#{1,6}\s|>|[-+]\s|\d+[.)]\s)|^\s*([-=]{3,})\s*$|https?:\/\/|<\w/m;

const renderer = signal<typeof import("./Markdown")>();
let asked = false;

function load(): void {
  if (!asked) {
    asked = true;
    import("./Markdown").then(
      (loaded) => {
        renderer.value = loaded;
      },
      () => {
        asked = false; // The text is there as it is, and the next answer tries again.
      },
    );
  }
}

/** What the model says. */
export function Said({ text, writing = false }: { text: string; writing?: boolean }) {
  const marked = MARKS.test(text);
  useEffect(() => {
    if (marked) {
      load();
    }
  }, [marked]);
  const Markdown = marked ? renderer.value?.Markdown : undefined;
  const name = writing ? "said writing" : "said";
  return Markdown === undefined ? (
    <p class={name} dir="auto">
      {text}
    </p>
  ) : (
    <div class={`${name} markdown`}>
      <Markdown text={text} />
    </div>
  );
}
