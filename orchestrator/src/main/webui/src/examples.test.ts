// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { filesOf, readExamples } from "./examples";

const PNG = "data:image/png;base64,aGk=";

test("the pictures of an example are files", async () => {
  const [example] = readExamples([{ question: "Who?", pictures: [PNG, PNG] }]);

  const files = filesOf(example!);

  expect(files.map(({ name, type }) => [name, type])).toEqual([["1.png", "image/png"], ["2.png", "image/png"]]);
  expect(await files[0]!.text()).toBe("hi");
});

test("what is no example is left out", () => {
  expect(readExamples({})).toEqual([]);
  const foreign = { question: "Who?", pictures: ["http://example.com/x.png"] };
  const script = { question: "Who?", pictures: ["data:image/svg+xml;base64,aGk="] };
  expect(readExamples([null, 1, "x", {}, { question: " " }, foreign, script])).toEqual([]);
  expect(readExamples(Array(40).fill({ question: "Who?" }))).toHaveLength(12);
});
