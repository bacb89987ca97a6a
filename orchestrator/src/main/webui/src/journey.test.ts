// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { AnswerDone, AnswerSpan } from "#proto/owlmesh/chat/v1/chat";
import { journeyRows } from "./journey";

const span = (given: Partial<AnswerSpan>): AnswerSpan => ({
  imageIndex: 0,
  startMicros: "0",
  endMicros: "0",
  queueMicros: "0",
  prepareMicros: "0",
  computeMicros: "0",
  batchSize: 0,
  replica: "",
  reason: "",
  ...given,
});

const rows = (...spans: AnswerSpan[]) => journeyRows({ spans } as unknown as AnswerDone);

test("what a stage told of itself lies within its span, and the rest are hops, half before and half behind", () => {
  const [vision] = rows(
    span({
      phase: "SPAN_PHASE_VISION",
      imageIndex: 1,
      startMicros: "1000",
      endMicros: "11000",
      queueMicros: "1000",
      prepareMicros: "2000",
      computeMicros: "5000",
    }),
  );
  expect(vision).toMatchObject({ name: "vision", picture: 2, from: 1000, to: 11000, hops: 2000 });
  expect(vision?.parts).toEqual([
    { name: "queue", from: 2000, to: 3000 },
    { name: "prepare", from: 3000, to: 5000 },
    { name: "vision", from: 5000, to: 10000 },
  ]);
});

test("a batch that took longer than the picture's own span does not leave it", () => {
  const [abstractor] = rows(
    span({ phase: "SPAN_PHASE_ABSTRACTOR", startMicros: "100", endMicros: "200", computeMicros: "5000" }),
  );
  expect(abstractor?.hops).toBe(0);
  expect(abstractor?.parts).toEqual([{ name: "abstractor", from: 100, to: 200 }]);
});

test("reading and writing are of no picture, and what is not known is left out", () => {
  const known = rows(
    span({ phase: "SPAN_PHASE_PREFILL", endMicros: "5" }),
    span({ phase: "SPAN_PHASE_DECODE", startMicros: "5", endMicros: "9" }),
    span({}),
  );
  expect(known.map(({ name, picture }) => [name, picture])).toEqual([
    ["prefill", undefined],
    ["decode", undefined],
  ]);
  expect(journeyRows({} as AnswerDone)).toEqual([]);
});
