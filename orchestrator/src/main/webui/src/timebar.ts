// SPDX-License-Identifier: Apache-2.0
import type { AnswerDone, AnswerTimings } from "#proto/owlmesh/chat/v1/chat";

/** Where a part of an answer's time went. */
export interface Part {
  name: PartName;
  micros: number;
  /** Of the whole bar, 0 to 1. */
  share: number;
}

export type PartName =
  | "queue"
  | "prepare"
  | "vision"
  | "abstractor"
  | "prefill"
  | "decode"
  | "other";

const MEASURED: readonly (readonly [PartName, keyof AnswerTimings])[] = [
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
export function parts(timings: AnswerTimings): Part[] {
  const measured = MEASURED.map(([name, field]) => ({ name, micros: Number(timings[field]) }));
  const sum = measured.reduce((total, part) => total + part.micros, 0);
  const other = Math.max(Number(timings.totalMicros) - sum, 0);
  const all = [...measured, { name: "other" as const, micros: other }];
  const whole = sum + other;
  return all
    .filter((part) => part.micros > 0)
    .map((part) => ({ ...part, share: part.micros / whole }));
}

/** Two or three figures: a person compares stages, not digits. */
export function time(micros: number): string {
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
export function facts(answer: AnswerDone): string[] {
  const rate = tokensPerSecond(answer);
  const said: string[] = [count(answer.completionTokens, "token")];
  if (answer.timings !== undefined) {
    said.unshift(time(Number(answer.timings.totalMicros)));
  }
  if (rate !== undefined) {
    said.push(`${rate.toFixed(rate < 10 ? 1 : 0)} tokens/s`);
  }
  if (answer.cachedImages > 0) {
    said.push(`${count(answer.cachedImages, "picture")} seen before`);
  }
  if (answer.cachedPromptTokens > 0) {
    said.push(`${answer.cachedPromptTokens} of ${answer.promptTokens} prompt tokens from cache`);
  }
  return said;
}

export function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}
