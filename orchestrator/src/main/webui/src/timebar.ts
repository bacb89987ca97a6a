// SPDX-License-Identifier: Apache-2.0
import type { AnswerDone, AnswerTimings } from "#proto/owlmesh/chat/v1/chat";
import { t } from "./language";

/** Where a part of an answer's time went. */
export interface TimeSegment {
  name: SegmentName;
  micros: number;
  /** Of the whole bar, 0 to 1. */
  share: number;
}

export type SegmentName =
  | "queue"
  | "prepare"
  | "vision"
  | "abstractor"
  | "prefill"
  | "decode"
  | "other";

const MEASURED: readonly (readonly [SegmentName, keyof AnswerTimings])[] = [
  ["queue", "queueMicros"],
  ["prepare", "prepareMicros"],
  ["vision", "visionMicros"],
  ["abstractor", "abstractorMicros"],
  ["prefill", "prefillMicros"],
  ["decode", "decodeMicros"],
];

/**
 * The parts that took any time, in the order of the journey. What no stage accounts for is "other"; stages overlap for
 * several images, and then there is none.
 */
export function timeSegments(timings: AnswerTimings): TimeSegment[] {
  const measured = MEASURED.map(([name, field]) => ({ name, micros: Number(timings[field]) }));
  const sum = measured.reduce((total, segment) => total + segment.micros, 0);
  const other = Math.max(Number(timings.totalMicros) - sum, 0);
  const all = [...measured, { name: "other" as const, micros: other }];
  const whole = sum + other;
  return all
    .filter((segment) => segment.micros > 0)
    .map((segment) => ({ ...segment, share: segment.micros / whole }));
}

/** Two or three figures: a person compares stages, not digits. */
export function formatDuration(micros: number): string {
  if (micros < 10_000) {
    return `${(micros / 1e3).toFixed(1)} ms`;
  }
  return micros < 1_000_000
    ? `${(micros / 1e3).toFixed(0)} ms`
    : `${(micros / 1e6).toFixed(1)} s`;
}

/** The first token comes with the prefill: decoding takes the time of one less. */
export function tokensPerSecond(answer: AnswerDone): number | undefined {
  const micros = Number(answer.timings?.decodeMicros ?? 0);
  return micros > 0 && answer.completionTokens > 1
    ? ((answer.completionTokens - 1) * 1e6) / micros
    : undefined;
}

/** What a person may want to know of an answer's cost, in a few words each. */
export function answerStats(answer: AnswerDone): string[] {
  const rate = tokensPerSecond(answer);
  const stats: string[] = [t(answer.completionTokens === 1 ? "{n} token" : "{n} tokens", { n: answer.completionTokens })];
  if (answer.timings !== undefined) {
    stats.unshift(formatDuration(Number(answer.timings.totalMicros)));
  }
  if (rate !== undefined) {
    stats.push(t("{n} tokens/s", { n: rate.toFixed(rate < 10 ? 1 : 0) }));
  }
  if (answer.cachedImages > 0) {
    const n = answer.cachedImages;
    stats.push(t(n === 1 ? "{n} picture seen before" : "{n} pictures seen before", { n }));
  }
  if (answer.cachedPromptTokens > 0) {
    stats.push(
      t("{n} of {all} prompt tokens from cache", { n: answer.cachedPromptTokens, all: answer.promptTokens }),
    );
  }
  return stats;
}
