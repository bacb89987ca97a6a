// SPDX-License-Identifier: Apache-2.0

export type Theme = "light" | "dark";

const KEY = "owl-theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function storedTheme(): Theme | undefined {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : undefined;
  } catch {
    // Storage may be forbidden: then the choice lasts as long as the page.
    return undefined;
  }
}

export function theme(): Theme {
  const shown = document.documentElement.dataset["theme"];
  return shown === "light" || shown === "dark" ? shown : dark.matches ? "dark" : "light";
}

/** The device's choice holds until a person makes another one. */
export function restoreTheme(changed: () => void): void {
  const kept = storedTheme();
  if (kept !== undefined) {
    document.documentElement.dataset["theme"] = kept;
  }
  dark.addEventListener("change", changed);
}

export function toggleTheme(): void {
  const next: Theme = theme() === "dark" ? "light" : "dark";
  document.documentElement.dataset["theme"] = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // As above.
  }
}
