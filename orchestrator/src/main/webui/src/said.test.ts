// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { isMarked } from "./ui/Said";

test("a sentence is no Markdown, lists, links and tables are", () => {
  expect(isMarked("A blue square, 3.5 times as large.")).toBe(false);
  for (const text of ["a *b*", "# Title", "- a\n- b", "1. a", "> a", "see https://x.example/", "|a|b|\n|-|-|", "a\n---\nb"]) {
    expect(isMarked(text), text).toBe(true);
  }
  expect(isMarked(Array.from({ length: 8 }, (_, i) => `${"  ".repeat(i)}- item`).join("\n"))).toBe(true);
});

test("what would stop the page is shown as it is", () => {
  const levels = Array.from({ length: 500 }, (_, i) => `${"  ".repeat(i)}- x`).join("\n");
  for (const text of [">".repeat(5000), "> ".repeat(50), "- ".repeat(3000), `${"1. ".repeat(40)}x`, levels, "*a".repeat(50_000)]) {
    expect(isMarked(text), text.slice(0, 20)).toBe(false);
  }
});

test("a text of empty lines is looked at at once", () => {
  const before = performance.now();
  expect(isMarked(`a${"\n".repeat(19_000)}b`)).toBe(false);
  expect(performance.now() - before).toBeLessThan(5_000);
});
