// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test } from "vitest";
import { language, t } from "./language";
import { ZH } from "./zh";

afterEach(() => {
  language.value = "en";
});

test("the same things are put into the texts of both languages", () => {
  const holes = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole).sort();
  for (const [english, chinese] of Object.entries(ZH)) {
    expect(holes(chinese), english).toEqual(holes(english));
  }
});

test("texts follow the language of the page", () => {
  expect(t("Remove {name}", { name: "{n}.png" })).toBe("Remove {n}.png");
  language.value = "zh";
  expect(t("Remove {name}", { name: "a.png" })).toBe("移除 a.png");
});
