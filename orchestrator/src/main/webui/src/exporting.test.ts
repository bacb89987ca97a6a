// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { Image } from "#proto/owlmesh/chat/v1/chat";
import { dayHeading, grouped } from "./dates";
import { fileName, toJsonLines, toMarkdown } from "./exporting";
import { message } from "./fakemesh";

const image: Image = { sha256: "ab", mediaType: "image/png", sizeBytes: "1", width: 1, height: 1 };
const MESSAGES = [
  message({ id: "q", text: "What?", images: [image] }),
  message({ id: "a", parentId: "q", role: "ROLE_AI", text: "An owl.", model: "owl", feedback: { rating: "RATING_UP", note: "" } }),
];

test("Markdown has the texts and the addresses of the pictures", () => {
  expect(toMarkdown("Owls", MESSAGES, (sha256) => `http://mesh/${sha256}`)).toBe(
    "# Owls\n\n## You\n\n![Picture 1](http://mesh/ab)\n\nWhat?\n\n## Owl\n\nAn owl.\n",
  );
});

test("Markdown names the models where there were several", () => {
  const answers = ["owl", "parrot", ""].map((model) => message({ role: "ROLE_AI", text: "An owl.", model }));
  expect(toMarkdown("Owls", answers, String)).toBe(
    "# Owls\n\n## Owl (owl)\n\nAn owl.\n\n## Owl (parrot)\n\nAn owl.\n\n## Owl\n\nAn owl.\n",
  );
});

test("JSON lines have one message each, with its place in the tree", () => {
  const session = { id: "s", title: "Owls", head: "a", model: "" };
  const lines = toJsonLines(session, MESSAGES).trimEnd().split("\n").map((line) => JSON.parse(line));
  expect(lines).toMatchObject([
    { session: "s", id: "q", parent: "", role: "human", text: "What?", images: ["ab"], state: "complete" },
    { id: "a", parent: "q", role: "ai", model: "owl", feedback: { rating: "RATING_UP" } },
  ]);
});

test("names of files have letters of any language, and no others", () => {
  expect(fileName("猫 / what\\is?", "md")).toBe("猫-what-is.md");
  expect(fileName("???", "md")).toBe("conversation.md");
});

test("the list is put under days, weekdays and months", () => {
  const now = new Date(2026, 2, 12, 1, 0);
  const heading = (...at: [number, number, number, number]) => dayHeading(new Date(...at).toISOString(), now);
  expect(heading(2026, 2, 12, 0)).toBe("Today");
  expect(heading(2026, 2, 11, 23)).toBe("Yesterday");
  expect(heading(2026, 2, 9, 12)).toBe("Monday");
  expect(heading(2026, 1, 3, 12)).toBe("February 2026");
  expect(grouped([1, 2, 11, 12], (n) => (n < 10 ? "few" : "many"))).toEqual([
    { heading: "few", members: [1, 2] },
    { heading: "many", members: [11, 12] },
  ]);
});
