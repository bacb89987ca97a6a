// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { Message, Role } from "#proto/owlmesh/chat/v1/chat";
import { branch, latestLeaf, siblings, withMessage } from "./tree";

function message(id: string, parentId: string, role: Role): Message {
  return {
    id,
    parentId,
    role,
    text: id,
    images: [],
    state: "MESSAGE_STATE_COMPLETE",
    createdAt: "2026-01-01T00:00:00Z",
    error: "",
    errorCode: "",
    errorField: "",
    model: "",
  };
}

const human = (id: string, parent: string) => message(id, parent, "ROLE_HUMAN");
const ai = (id: string, parent: string) => message(id, parent, "ROLE_AI");

// The first question was edited, and the answer to the edited one was given twice.
const TREE = [
  human("q1", ""),
  ai("a1", "q1"),
  human("q2", ""),
  ai("a2", "q2"),
  human("q3", "a2"),
  ai("a3", "q3"),
  ai("a4", "q2"),
];
const ids = (messages: Message[]) => messages.map((each) => each.id);

test("a branch is a message after all that it follows", () => {
  expect(ids(branch(TREE, "a3"))).toEqual(["q2", "a2", "q3", "a3"]);
  expect(ids(branch(TREE, "a4"))).toEqual(["q2", "a4"]);
  expect(branch(TREE, "")).toEqual([]);
});

test("siblings are what was said in one place, first messages too", () => {
  expect(ids(siblings(TREE, TREE[2]!))).toEqual(["q1", "q2"]);
  expect(ids(siblings(TREE, TREE[3]!))).toEqual(["a2", "a4"]);
  expect(ids(siblings(TREE, TREE[4]!))).toEqual(["q3"]);
});

test("moving to a message goes on to where the conversation after it came last", () => {
  expect(latestLeaf(TREE, "q1")).toBe("a1");
  expect(latestLeaf(TREE, "q2")).toBe("a4");
  expect(latestLeaf(TREE, "a2")).toBe("a3");
});

test("a message that changed keeps its place, a new one comes last", () => {
  const changed = { ...TREE[1]!, text: "otherwise" };
  expect(withMessage(TREE, changed)[1]!.text).toBe("otherwise");
  expect(ids(withMessage(TREE, human("q9", "a3"))).at(-1)).toBe("q9");
});
