// SPDX-License-Identifier: Apache-2.0
import type { AnswerOptions, DescribeResponse } from "#proto/owlmesh/chat/v1/chat";
import { type Text, t } from "./language";

type NumberKey =
  | "temperature"
  | "topP"
  | "maxNewTokens"
  | "topK"
  | "minP"
  | "repetitionPenalty"
  | "presencePenalty"
  | "frequencyPenalty"
  | "noRepeatNgram"
  | "minNewTokens"
  | "beams"
  | "lengthPenalty";

interface BaseField {
  label: Text;
  /** What it does. */
  hint: Text;
  /** What holds without it, unless the mesh tells. */
  usual?: number | Text;
  /** Whether it is one of the few that people change often. */
  basic?: boolean;
}

/** One way to say how to answer. */
export type Field = BaseField &
  (
    | { kind: "number"; key: NumberKey; min: number; max?: number; step: number | "any" }
    | { kind: "digits"; key: "seed" }
    | { kind: "lines"; key: "stop" }
    | { kind: "text"; key: "regex" | "jsonSchema" }
  );

const MOST_INT = 2_147_483_647;
const MOST_SEED = 18_446_744_073_709_551_615n;
const MOST_STOPS = 16;
const LONGEST_STOP = 256;

export const FIELDS: readonly Field[] = [
  { kind: "number", key: "temperature", label: "Temperature", min: 0, max: 10, step: "any", basic: true,
    hint: "0 always takes the likeliest token; higher is more varied.", usual: 0 },
  { kind: "number", key: "topP", label: "Top p", min: 0.000001, max: 1, step: "any", basic: true,
    hint: "Chooses among the likeliest tokens that together reach this probability.", usual: 1 },
  { kind: "number", key: "maxNewTokens", label: "Longest answer", min: 1, step: 1, basic: true,
    hint: "In tokens." },
  { kind: "digits", key: "seed", label: "Seed", basic: true,
    hint: "A whole number; the same one makes chance repeat itself.", usual: "random" },
  { kind: "number", key: "topK", label: "Top k", min: 1, max: MOST_INT, step: 1,
    hint: "Chooses among so many likeliest tokens.", usual: "all" },
  { kind: "number", key: "minP", label: "Min p", min: 0, max: 1, step: "any",
    hint: "Leaves out tokens less probable than this part of the likeliest.", usual: 0 },
  { kind: "number", key: "repetitionPenalty", label: "Repetition penalty", min: 0.01, max: 100, step: "any",
    hint: "Above 1, what was said becomes less likely.", usual: 1 },
  { kind: "number", key: "presencePenalty", label: "Presence penalty", min: -2, max: 2, step: "any",
    hint: "Taken from tokens that the answer has.", usual: 0 },
  { kind: "number", key: "frequencyPenalty", label: "Frequency penalty", min: -2, max: 2, step: "any",
    hint: "Taken from tokens as often as the answer has them.", usual: 0 },
  { kind: "number", key: "noRepeatNgram", label: "No repeated runs", min: 0, max: 64, step: 1,
    hint: "No run of so many tokens comes twice.", usual: 0 },
  { kind: "number", key: "minNewTokens", label: "Shortest answer", min: 0, step: 1,
    hint: "In tokens.", usual: 0 },
  { kind: "number", key: "beams", label: "Beams", min: 1, max: MOST_INT, step: 1,
    hint: "Searches with so many beams; the answer then comes whole.", usual: 1 },
  { kind: "number", key: "lengthPenalty", label: "Length penalty", min: -10, max: 10, step: "any",
    hint: "How beams of different lengths compare.", usual: 1 },
  { kind: "lines", key: "stop", label: "Stop texts", hint: "One a line, at most 16; the answer ends before them." },
  { kind: "text", key: "regex", label: "Regular expression", hint: "The whole answer must match it." },
  { kind: "text", key: "jsonSchema", label: "JSON schema", hint: "The whole answer must match it." },
];

/** Everything is left to the mesh. */
export const NO_OPTIONS: AnswerOptions = { stop: [] };

/** What holds where a field is left empty; nothing if nobody knows. */
export function usualOf(field: Field, mesh: DescribeResponse | undefined): string | undefined {
  if (field.key === "maxNewTokens") {
    return mesh?.defaultMaxNewTokens ? String(mesh.defaultMaxNewTokens) : undefined;
  }
  return typeof field.usual === "string" ? t(field.usual) : field.usual?.toString();
}

/** The most that a field takes, where there is a limit. */
export function mostOf(field: Field, mesh: DescribeResponse | undefined): number | undefined {
  if (field.key === "maxNewTokens" || field.key === "minNewTokens") {
    return mesh?.context;
  }
  return field.kind === "number" ? field.max : undefined;
}

/** The field that an error's param names, as `settings.options.top_p`. */
export function fieldOfParam(param: string): Field | undefined {
  const last = param.replace(/\[\d+\]$/, "").split(".").at(-1) ?? "";
  const key = last.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return FIELDS.find((field) => field.key === key);
}

/**
 * What is wrong with a text of a form before the mesh is asked; nothing if it may be right.
 *
 * @param most that a number may be
 */
export function faultOf(field: Field, text: string, most?: number): string | undefined {
  if (text.trim() === "") {
    return undefined;
  }
  const { key } = field;
  if (field.kind === "digits") {
    const fits = /^[0-9]{1,20}$/.test(text.trim()) && BigInt(text.trim()) <= MOST_SEED;
    return fits ? undefined : t("A whole number from {least} to {most}.", { least: 0, most: String(MOST_SEED) });
  }
  if (field.kind === "number") {
    const value = Number(text);
    const fits = value >= field.min && value <= (most ?? Number.MAX_VALUE) && (field.step !== 1 || Number.isInteger(value));
    const bounds = { least: field.min, most: most ?? "∞" };
    return fits
      ? undefined
      : t(field.step === 1 ? "A whole number from {least} to {most}." : "A number from {least} to {most}.", bounds);
  }
  if (field.kind === "lines") {
    const stops = linesOf(text);
    const fits = stops.length <= MOST_STOPS && stops.every((stop) => stop.length <= LONGEST_STOP);
    return fits ? undefined : t("At most {n} lines of {length} characters.", { n: MOST_STOPS, length: LONGEST_STOP });
  }
  if (key === "regex") {
    try {
      // The mesh takes what ECMA-262 and others have in common.
      new RegExp(text);
    } catch (failure) {
      return failure instanceof Error ? failure.message : String(failure);
    }
  }
  if (key === "jsonSchema") {
    try {
      const schema: unknown = JSON.parse(text);
      const isSchema = typeof schema === "boolean" || (typeof schema === "object" && schema !== null && !Array.isArray(schema));
      return isSchema ? undefined : t("A schema is a JSON object.");
    } catch (failure) {
      return failure instanceof Error ? failure.message : String(failure);
    }
  }
  return undefined;
}

const linesOf = (text: string) => text.split("\n").filter((line) => line !== "");

/** What a form shows of an option; empty if it is absent. */
export function formatOption(field: Field, options: AnswerOptions): string {
  const value = options[field.key];
  return Array.isArray(value) ? value.join("\n") : value === undefined ? "" : String(value);
}

/** The options that a form's texts say; empty ones are left to the mesh. */
export function parseOptions(texts: ReadonlyMap<Field["key"], string>): AnswerOptions {
  const options: AnswerOptions = { stop: [] };
  for (const field of FIELDS) {
    const text = texts.get(field.key) ?? "";
    if (text.trim() === "") {
      continue;
    }
    switch (field.kind) {
      case "number":
        options[field.key] = Number(text);
        break;
      case "digits":
        options[field.key] = text.trim();
        break;
      case "lines":
        options[field.key] = linesOf(text);
        break;
      case "text":
        options[field.key] = text;
        break;
    }
  }
  return options;
}
