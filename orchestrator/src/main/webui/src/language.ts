// SPDX-License-Identifier: Apache-2.0
import { signal } from "@preact/signals";
import { ZH } from "./zh";

export type Language = "en" | "zh";

/** A text of the page, in English. */
export type Text = keyof typeof ZH;

const KEY = "owl-language";

function chosen(): Language {
  try {
    const kept = localStorage.getItem(KEY);
    if (kept === "en" || kept === "zh") {
      return kept;
    }
  } catch {
    // Storage may be forbidden: then the device chooses.
  }
  return globalThis.navigator?.language?.startsWith("zh") ? "zh" : "en";
}

/** What the page speaks; the device's choice holds until a person makes another one. */
export const language = signal(chosen());

export function choose(next: Language): void {
  language.value = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // As above.
  }
}

/** A text in the language of the page. Components that ask are drawn again when it changes. */
export function t(text: Text, values: Record<string, string | number> = {}): string {
  const found = language.value === "zh" ? ZH[text] : text;
  return found.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
