// SPDX-License-Identifier: Apache-2.0
import { signal } from "@preact/signals";

export type Theme = "light" | "dark";

/** As in public/theme.js, which puts the choice in place before the page is first drawn. */
const KEY = "owl-theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");

const shown = (): Theme => {
  const chosen = document.documentElement.dataset["theme"];
  return chosen === "light" || chosen === "dark" ? chosen : dark.matches ? "dark" : "light";
};

/** What is shown; the device's choice holds until a person makes another one. */
export const theme = signal(shown());

dark.addEventListener("change", () => {
  theme.value = shown();
});

export function toggleTheme(): void {
  const next: Theme = theme.value === "dark" ? "light" : "dark";
  document.documentElement.dataset["theme"] = next;
  theme.value = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Storage may be forbidden: then the choice lasts as long as the page.
  }
}
