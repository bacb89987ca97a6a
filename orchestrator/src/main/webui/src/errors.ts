// SPDX-License-Identifier: Apache-2.0
import { type Field, fieldOfParam } from "./options";

/** What the mesh answers instead of a message: OpenAI's form, no part of the contract. */
export interface ErrorBody {
  message: string;
  type: string;
  param?: string | null;
  code?: string | null;
}

/** What went wrong, for a person; the detail is for whoever looks after the mesh. */
export interface Problem {
  title: string;
  detail: string;
}

/** A refusal or failure that the mesh told. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
  ) {
    super(body.message);
  }

  /** The field it is about, as `say.images[0]`; empty if none. */
  get param(): string {
    return this.body.param ?? "";
  }
}

/** The connection ended before the answer did. */
export class StreamClosedError extends Error {}

const STAGES: readonly (readonly [RegExp, string])[] = [
  [/\bvision\b/, "The part that looks at pictures"],
  [/\babstractor\b/, "The part that condenses pictures"],
  [/\bllm\b|language model/, "The language model"],
];

export function toProblem(failure: unknown): Problem {
  if (failure instanceof ApiError) {
    const { message, type, code } = failure.body;
    const about = failure.param === "" ? "" : ` (${failure.param})`;
    return {
      title: titleOf(failure),
      detail: `${failure.status} ${code ?? type}${about}: ${message}`,
    };
  }
  const detail = failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure);
  if (failure instanceof StreamClosedError) {
    return { title: "The connection broke before the answer was whole.", detail };
  }
  return { title: "The mesh cannot be reached. Is it running?", detail };
}

function titleOf(failure: ApiError): string {
  switch (failure.status) {
    case 400:
    case 413:
    case 415:
      return badRequest(failure);
    case 403:
      return "The mesh refused this, because it seemed to come from another page.";
    case 404:
      return notFound(failure);
    case 409:
      return failure.param.endsWith("model")
        ? "This conversation asks for another model than the mesh serves now."
        : "An answer is still being written in this conversation. Stop it, or wait for its end.";
    case 429:
      return "The mesh has no room right now. Try again in a moment.";
    case 503:
      return unavailable(failure.body.message);
    case 504:
      return "The answer took too long and was given up.";
    default:
      return "Something went wrong in the mesh.";
  }
}

function badRequest(failure: ApiError): string {
  const { param, body } = failure;
  if (failure.status === 413) {
    return param.includes("image")
      ? "This picture is too large."
      : "This is larger than the mesh takes.";
  }
  if (/images$/.test(param)) {
    return "There are more pictures than one message may show.";
  }
  if (param.includes("image")) {
    return pictureTitle(body.message);
  }
  if (param.endsWith("system")) {
    return "The sentence that sets the scene is too long.";
  }
  if (param.endsWith("title")) {
    return "A title has 1 to 200 characters.";
  }
  if (param.endsWith("note")) {
    return "A note has at most 2,000 characters.";
  }
  const field = fieldOfParam(param);
  if (field !== undefined) {
    return settingTitle(field);
  }
  return /context|positions/.test(body.message)
    ? "The message is too long for this model."
    : "The mesh does not take this.";
}

function pictureTitle(message: string): string {
  return /bytes|pixels|side/.test(message)
    ? "This picture is too large."
    : "This file is no picture that the mesh can read. It takes JPEG, PNG, GIF, BMP and WebP.";
}

function notFound(failure: ApiError): string {
  if (failure.param.endsWith("adapter")) {
    return "The adapter of this conversation is not there any more. Choose another one.";
  }
  if (failure.param.endsWith("model")) {
    return "This conversation asks for another model than the mesh serves now.";
  }
  if (failure.param.includes("image") || failure.param.includes("sha256")) {
    return "The mesh does not have this picture any more. Add it again.";
  }
  return failure.param.includes("message") || failure.param === "head"
    ? "This message is not there any more."
    : "This conversation is not there any more.";
}

function unavailable(message: string): string {
  const stage = STAGES.find(([name]) => name.test(message));
  return stage === undefined
    ? "The mesh is not ready. Try again in a moment."
    : `${stage[1]} is not there right now. Try again in a moment.`;
}

/** What a message that failed tells of the reason, as a problem. */
export function answerProblem(error: string): Problem {
  return { title: answerTitle(error), detail: error };
}

function answerTitle(error: string): string {
  const field = fieldOfParam(/^[\w.]+(?=:)/.exec(error)?.[0] ?? "");
  if (field !== undefined) {
    return settingTitle(field);
  }
  const stage = STAGES.find(([name]) => name.test(error));
  return stage === undefined ? "The answer failed." : `${stage[1]} failed.`;
}

function settingTitle(field: Field): string {
  return `The setting “${field.label}” has a value that the mesh does not take.`;
}
