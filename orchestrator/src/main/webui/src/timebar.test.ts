// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { AnswerDone, AnswerTimings } from "#proto/owlmesh/chat/v1/chat";
import { answerStats, formatDuration, timeSegments } from "./timebar";

const TIMINGS: AnswerTimings = {
  totalMicros: "100000",
  firstTokenMicros: "61000",
  queueMicros: "2000",
  prepareMicros: "0",
  visionMicros: "4000",
  abstractorMicros: "4000",
  prefillMicros: "20000",
  decodeMicros: "30000",
  hopsMicros: "32000",
};

const ANSWER: AnswerDone = {
  reason: "FINISH_REASON_STOP",
  promptTokens: 68,
  visualTokens: 17,
  completionTokens: 7,
  timings: TIMINGS,
  traceId: "",
  cachedImages: 1,
  cachedPromptTokens: 48,
  omittedMessages: 0,
  spans: [],
};

test("what no stage accounts for is other, and what took no time is left out", () => {
  const shown = timeSegments(TIMINGS);
  expect(shown.map((segment) => [segment.name, segment.micros])).toEqual([
    ["queue", 2_000],
    ["vision", 4_000],
    ["abstractor", 4_000],
    ["prefill", 20_000],
    ["decode", 30_000],
    ["other", 40_000],
  ]);
  expect(shown.find((segment) => segment.name === "other")!.share).toBeCloseTo(0.4);
});

test("stages that overlap fill the bar and leave nothing for other", () => {
  const shown = timeSegments({ ...TIMINGS, totalMicros: "50000" });
  expect(shown.map((segment) => segment.name)).not.toContain("other");
  expect(shown.reduce((sum, segment) => sum + segment.share, 0)).toBeCloseTo(1);
});

test("times have two or three figures", () => {
  expect([4_100, 87_400, 2_350_000].map(formatDuration)).toEqual(["4.1 ms", "87 ms", "2.4 s"]);
});

test("facts tell the speed without the first token, and what came from caches", () => {
  expect(answerStats(ANSWER)).toEqual([
    "100 ms",
    "7 tokens",
    "200 tokens/s",
    "1 picture seen before",
    "48 of 68 prompt tokens from cache",
  ]);
});

test("an answer that was stopped has no timings to tell", () => {
  const { timings: _, ...stopped } = ANSWER;
  expect(answerStats({ ...stopped, cachedImages: 0, cachedPromptTokens: 0, completionTokens: 1 })).toEqual([
    "1 token",
  ]);
});
