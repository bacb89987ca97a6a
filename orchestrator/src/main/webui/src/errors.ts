// SPDX-License-Identifier: Apache-2.0
import { type Field, fieldOfParam } from "./options";
import { type Text, t } from "./language";

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
  /** Whether the same again may succeed. */
  retryable: boolean;
}

/** A refusal or failure that the mesh told. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
    /** When the same may be asked again, seconds; 0 if the mesh does not say. */
    readonly retryAfter = 0,
  ) {
    super(body.message);
  }

  /** What went wrong, as docs/reference/errors.md lists; empty from what is no mesh. */
  get code(): string {
    return this.body.code ?? "";
  }

  /** The field or stage it is about, as `say.images[0]` or `vision`; empty if none. */
  get param(): string {
    return this.body.param ?? "";
  }
}

/** The connection ended before the answer did. */
export class StreamClosedError extends Error {}

/** Whether nothing is known of what was asked: the connection broke, or the mesh could not be asked just now. */
export function isBroken(failure: unknown): boolean {
  return failure instanceof ApiError
    ? failure.status === 429 || failure.status >= 500
    : failure instanceof TypeError || failure instanceof StreamClosedError;
}

const STAGES: Record<string, Text> = {
  vision: "The part that looks at pictures is not there right now. Try again in a moment.",
  abstractor: "The part that condenses pictures is not there right now. Try again in a moment.",
  llm: "The language model is not there right now. Try again in a moment.",
};

const OTHER_MODEL = "This conversation asks for another model than the mesh serves now.";
const NOT_READY = "The mesh is not ready. Try again in a moment.";

const TITLES: Record<string, Text> = {
  context_length_exceeded: "The message is too long for this model.",
  image_too_large: "This picture is too large.",
  image_unreadable: "This file is damaged, or no picture.",
  image_unsupported: "This file is no picture that the mesh can read. It takes JPEG, PNG, GIF, BMP and WebP.",
  too_many_images: "There are more pictures than one message may show.",
  request_too_large: "This is larger than the mesh takes.",
  model_not_found: OTHER_MODEL,
  model_mismatch: OTHER_MODEL,
  adapter_not_found: "The adapter of this conversation is not there any more. Choose another one.",
  session_not_found: "This conversation is not there any more.",
  message_not_found: "This message is not there any more.",
  image_not_found: "The mesh does not have this picture any more. Add it again.",
  turn_in_progress: "An answer is still being written in this conversation. Stop it, or wait for its end.",
  insufficient_quota: "There is no room for more pictures. Delete conversations that nobody needs.",
  insufficient_permissions: "This needs a role that you do not have.",
  rate_limit_exceeded: "You have asked as often as you may. Try again in a moment.",
  saturated: "The mesh has no room right now. Try again in a moment.",
  unavailable: NOT_READY,
  stage_unavailable: NOT_READY,
  other_weights: NOT_READY,
  deadline_exceeded: "The answer took too long and was given up.",
  forbidden: "The mesh refused this, because it seemed to come from another page.",
};

const RETRYABLE: ReadonlySet<string> = new Set([
  "",
  "turn_in_progress",
  "rate_limit_exceeded",
  "saturated",
  "unavailable",
  "stage_unavailable",
  "other_weights",
  "deadline_exceeded",
  "request_timeout",
  "internal_error",
]);

export function toProblem(failure: unknown): Problem {
  if (failure instanceof ApiError) {
    const { message, type } = failure.body;
    const about = failure.param === "" ? "" : ` (${failure.param})`;
    return {
      title: titleOfLimit(failure) ?? titleOf(failure.code, failure.param) ?? t("Something went wrong in the mesh."),
      detail: `${failure.status} ${failure.code || type}${about}: ${message}`,
      retryable: RETRYABLE.has(failure.code),
    };
  }
  const detail = failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure);
  return { title: t(titleOfBroken(failure)), detail, retryable: !(failure instanceof UnreadableFileError) };
}

/** Says when there is more, where that is worth a number. */
function titleOfLimit({ code, retryAfter }: ApiError): string | undefined {
  return code === "rate_limit_exceeded" && retryAfter > 1
    ? t("You have asked as often as you may. Try again in {n} seconds.", { n: retryAfter })
    : undefined;
}

/** A file that is a folder, or has changed or gone since it was picked. */
export class UnreadableFileError extends Error {}

/** Of what is no answer of the mesh. */
function titleOfBroken(failure: unknown): Text {
  if (failure instanceof UnreadableFileError) {
    return "This cannot be read: it is a folder, or has changed since it was picked.";
  }
  if (failure instanceof StreamClosedError) {
    return "The connection broke before the answer was whole.";
  }
  // What a browser throws where nobody answers.
  return failure instanceof TypeError
    ? "The mesh cannot be reached. Is it running?"
    : "The mesh sent what this page does not understand.";
}

/** What a message that failed tells of the reason, as a problem. */
export function answerProblem(answer: { error: string; errorCode: string; errorField: string }): Problem {
  return {
    title: titleOf(answer.errorCode, answer.errorField) ?? t("The answer failed."),
    detail: answer.error,
    retryable: RETRYABLE.has(answer.errorCode),
  };
}

function titleOf(code: string, param: string): string | undefined {
  if (code === "invalid_value") {
    return invalidValue(param);
  }
  const title = (code === "stage_unavailable" ? STAGES[param] : undefined) ?? TITLES[code];
  return title === undefined ? undefined : t(title);
}

function invalidValue(param: string): string {
  if (param.endsWith("system")) {
    return t("The sentence that sets the scene is too long.");
  }
  if (param.endsWith("title")) {
    return t("A title has 1 to 200 characters.");
  }
  if (param.endsWith("note")) {
    return t("A note has at most 2,000 characters.");
  }
  const field = fieldOfParam(param);
  return field === undefined ? t("The mesh does not take this.") : settingTitle(field);
}

function settingTitle(field: Field): string {
  return t("The setting “{label}” has a value that the mesh does not take.", { label: t(field.label) });
}
