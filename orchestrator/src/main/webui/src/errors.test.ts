// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { ApiError, answerProblem, toProblem } from "./errors";

function told(status: number, code: string, param: string | null = null) {
  return toProblem(new ApiError(status, { message: "of 17", type: "t", param, code }));
}

test("codes become sentences that a person understands", () => {
  expect(told(400, "image_unsupported", "image").title).toContain("JPEG, PNG, GIF, BMP and WebP");
  expect(told(400, "image_too_large", "image").title).toBe("This picture is too large.");
  expect(told(400, "invalid_value", "temperature").title).toContain("“Temperature”");
  expect(told(400, "invalid_value", "options.top_k").title).toContain("“Top k”");
  expect(told(400, "too_many_images", "say.images").title).toContain("more pictures");
  expect(told(400, "context_length_exceeded", "text").title).toContain("too long for this model");
  expect(told(404, "adapter_not_found", "options.adapter").title).toContain("adapter");
  expect(told(404, "session_not_found", "session_id").title).toContain("conversation");
  expect(told(409, "turn_in_progress", "session_id").title).toContain("still being written");
  expect(told(429, "saturated").title).toContain("no room");
  expect(told(503, "stage_unavailable", "vision").title).toContain("looks at pictures");
  expect(told(500, "internal_error").title).toBe("Something went wrong in the mesh.");
});

test("whoever is at a limit hears when there is more, and of room that must be made", () => {
  const limited = (seconds: number) =>
    toProblem(new ApiError(429, { message: "m", type: "t", param: "requests", code: "rate_limit_exceeded" }, seconds));
  expect(limited(42)).toMatchObject({
    title: "You have asked as often as you may. Try again in 42 seconds.",
    retryable: true,
  });
  expect(limited(0).title).toContain("in a moment");
  expect(told(429, "insufficient_quota", "storage")).toMatchObject({ retryable: false });
  expect(told(429, "insufficient_quota", "storage").title).toContain("no room for more pictures");
  expect(told(403, "insufficient_permissions").title).toContain("role");
});

test("what is said in a message decides nothing", () => {
  const failure = new ApiError(400, {
    message: "the vision stage: images of bytes, pixels, context",
    type: "t",
    param: "purpose",
    code: "invalid_value",
  });
  expect(toProblem(failure).title).toBe("The mesh does not take this.");
});

test("only what may pass is tried again", () => {
  expect(told(429, "saturated").retryable).toBe(true);
  expect(told(503, "stage_unavailable", "llm").retryable).toBe(true);
  expect(told(400, "image_unreadable", "image").retryable).toBe(false);
  expect(told(404, "session_not_found", "session_id").retryable).toBe(false);
  expect(toProblem(new TypeError("Failed to fetch")).retryable).toBe(true);
});

test("an answer that failed tells why", () => {
  const failed = (errorCode: string, errorField: string) =>
    answerProblem({ error: "words", errorCode, errorField });
  expect(failed("invalid_value", "regex").title).toContain("“Regular expression”");
  expect(failed("stage_unavailable", "llm").title).toContain("The language model is not there");
  expect(failed("image_unreadable", "images[0]").title).toContain("damaged");
  // Of answers that failed before codes were kept, only the sentence is known.
  expect(failed("", "")).toMatchObject({ title: "The answer failed.", detail: "words" });
});

test("the detail keeps what the mesh said", () => {
  expect(told(400, "invalid_value", "say.images[0]").detail).toBe("400 invalid_value (say.images[0]): of 17");
});

test("a mesh that is not there is said to be not there", () => {
  expect(toProblem(new TypeError("Failed to fetch")).title).toContain("cannot be reached");
});

test("what cannot be read is not said to be out of reach", () => {
  expect(toProblem(new SyntaxError("Unexpected token")).title).toBe("The mesh sent what this page does not understand.");
});
