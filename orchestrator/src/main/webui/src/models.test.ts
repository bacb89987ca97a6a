// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { ModelState } from "#proto/owlmesh/chat/v1/chat";
import { message } from "./fakemesh";
import { isModelTold } from "./models";

const model = (name: string): ModelState => ({ name, defaultModel: false, ready: true, errorCode: "", errorField: "" });
const answer = (name: string) => message({ role: "ROLE_AI", model: name });

test("an answer says its model where there are several", () => {
  expect(isModelTold([model("owl")], [answer("owl"), answer("owl")])).toBe(false);
  expect(isModelTold([model("owl"), model("parrot")], [answer("owl")])).toBe(true);
  expect(isModelTold([model(""), model("parrot")], [answer("parrot")])).toBe(true);
});

test("an answer says its model where the conversation had another one", () => {
  expect(isModelTold([model("owl")], [answer("parrot")])).toBe(true);
  expect(isModelTold([], [answer("parrot"), answer("owl")])).toBe(true);
});

test("questions, and answers from before models were kept, tell of no other model", () => {
  expect(isModelTold([model("owl")], [message({}), answer(""), answer("owl")])).toBe(false);
  expect(isModelTold([model("")], [answer("owl")])).toBe(false);
});
