// SPDX-License-Identifier: Apache-2.0
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** What a text has if it may be Markdown: most answers are a sentence, and need none. */
const MARKS = /[*_`~|[\]\\]|^[ \t]*(#{1,6}\s|>|[-+]\s|\d+[.)]\s)|^[ \t]*([-=]{3,})[ \t]*$|https?:\/\/|<\w/m;
/** Longer texts are shown as they are, characters: to take them apart for every token would stop the page. */
const LONGEST = 20_000;
/** So are very long lines, and lists and quotes inside many others, whether a line marks them or is moved in. */
const HARD = /.{5000}|^(?:[ \t]*(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))){12}|^[ \t]{40}[ \t]*(?:[-+*>]|\d{1,9}[.)])/m;

export const isMarked = (text: string) => text.length <= LONGEST && MARKS.test(text) && !HARD.test(text);

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
  const marked = isMarked(text);
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
