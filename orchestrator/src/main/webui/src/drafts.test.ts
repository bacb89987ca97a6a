// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, test } from "vitest";
import { keepDrafts } from "./drafts";
import { FakeMesh, settled } from "./fakemesh";
import { Store } from "./store";

let mesh: FakeMesh;
let kept: Map<string, string>;

const storage = {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
  removeItem: (key: string) => void kept.delete(key),
};

function open(): Store {
  const store: Store = new Store({ goTo: (id) => store.show(id), replace: () => {}, changed: () => {} });
  keepDrafts(store, storage);
  return store;
}

beforeEach(() => {
  mesh = new FakeMesh();
  kept = new Map();
});

test("what is written is there when the page is loaded again, each text in its conversation", () => {
  const { id } = mesh.add("old");
  const before = open();
  before.current.value.draft.setText("a new one");
  before.show(id);
  before.current.value.draft.setText("an old one");

  const after = open();

  expect(after.current.value.draft.text.value).toBe("a new one");
  after.show(id);
  expect(after.current.value.draft.text.value).toBe("an old one");
  after.current.value.draft.setText("");
  expect([...kept.values()]).toEqual(["a new one"]);
});

test("a storage without room keeps nobody from writing", () => {
  const store = new Store({ goTo: () => {}, replace: () => {}, changed: () => {} });
  const full = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  keepDrafts(store, { ...storage, setItem: full });
  const { draft } = store.current.value;
  draft.problem.value = { title: "refused", detail: "", retryable: true };

  draft.setText("Who?");

  expect(draft.text.value).toBe("Who?");
  expect(draft.problem.value).toBeUndefined();
});

test("what was sent is not kept, neither of a new conversation nor of the one that it became", async () => {
  const store = open();
  const conversation = store.current.value;
  conversation.draft.setText("Who?");

  await store.turns.send(conversation, conversation.draft);
  await settled();

  expect(conversation.id).not.toBe("");
  expect(kept.size).toBe(0);
  store.show("");
  expect(store.current.value.draft.text.value).toBe("");
});
