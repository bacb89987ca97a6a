// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { answerProblem, ApiError, toProblem } from "./errors";

function told(status: number, message: string, param: string | null = null): string {
  return toProblem(new ApiError(status, { message, type: "invalid_request_error", param })).title;
}

test("errors are sentences that a person understands", () => {
  expect(told(400, "image: is no image file", "image")).toContain("JPEG, PNG, GIF, BMP and WebP");
  expect(told(400, "image: 60000000 pixels", "image")).toBe("This picture is too large.");
  expect(told(400, "temperature 99, allowed are 0 to 10", "temperature")).toContain("“Temperature”");
  expect(told(400, "0, it must be at least 1", "options.top_k")).toContain("“Top k”");
  expect(told(400, "17, at most 16 are allowed", "say.images")).toContain("more pictures");
  expect(told(404, "'x', there are [y]", "options.adapter")).toContain("adapter");
  expect(told(404, "no session", "session_id")).toContain("conversation");
  expect(told(409, "another turn is being taken", "session_id")).toContain("still being written");
  expect(told(413, "body too large", "image")).toBe("This picture is too large.");
  expect(told(429, "64 answers in work")).toContain("no room");
  expect(told(503, "the vision stage is unavailable")).toContain("looks at pictures");
  expect(told(500, "internal error")).toBe("Something went wrong in the mesh.");
});

test("an answer that failed tells why", () => {
  expect(answerProblem("regex: a '(' without its ')', at character 6").title).toContain(
    "“Regular expression”",
  );
  expect(answerProblem("the llm stage is unavailable").title).toBe("The language model failed.");
  expect(answerProblem("").title).toBe("The answer failed.");
});

test("the detail keeps what the mesh said", () => {
  const { detail } = toProblem(
    new ApiError(400, { message: "of 17", type: "t", param: "say.images[0]", code: "invalid_value" }),
  );
  expect(detail).toBe("400 invalid_value (say.images[0]): of 17");
});

test("a mesh that is not there is said to be not there", () => {
  expect(toProblem(new TypeError("Failed to fetch")).title).toContain("cannot be reached");
});
