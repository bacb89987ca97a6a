// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, test, vi } from "vitest";
import { FakeMesh, refusal, settled } from "./fakemesh";
import { Store } from "./store";

let mesh: FakeMesh;
let store: Store;
let went: string[];
let told: string[];

beforeEach(() => {
  mesh = new FakeMesh();
  went = [];
  told = [];
  store = new Store({
    goTo: (id) => {
      went.push(id);
      store.show(id);
    },
    replace: (id) => went.push(`replace ${id}`),
    changed: (id) => told.push(id),
  });
});

const titles = () => store.list.sessions.value.map((session) => session.title);

test("the list is told page by page, and refreshed as far as it was told", async () => {
  for (let i = 0; i < 65; i++) {
    mesh.add(`s ${i}`);
  }
  await store.refreshList();
  expect(titles()).toHaveLength(30);
  await store.loadMore();
  expect(titles()).toHaveLength(60);

  mesh.add("another's");
  mesh.sessions.delete("s3");
  mesh.sessions.delete("s60");
  await store.othersChanged("");

  expect(titles()).toHaveLength(60);
  expect(titles()[0]).toBe("another's");
  expect(titles()).not.toContain("s 59");
});

test("what was told before a change by this page does not undo it", async () => {
  const session = mesh.add("to go");
  await store.refreshList();
  let answer = () => {};
  mesh.before = (call) => {
    if (call === "GET api/sessions") {
      const late = Response.json({ sessions: [session], nextPageToken: "" });
      return new Promise((resolve) => (answer = () => resolve(late)));
    }
    return undefined;
  };
  const refreshing = store.refreshList();
  mesh.before = () => undefined;

  store.delete([session.id]);
  await store.deleteNow();
  answer();
  await refreshing;

  expect(titles()).toEqual([]);
});

test("what is deleted is gone from the list at once, and can be had back", async () => {
  const sessions = [mesh.add("one"), mesh.add("two"), mesh.add("three")];
  await store.refreshList();
  const shown = () => store.list.shown.value.map(({ title }) => title);

  store.delete(sessions.slice(0, 2).map(({ id }) => id));
  expect(shown()).toEqual(["three"]);
  store.undoDelete();
  expect(shown()).toEqual(["three", "two", "one"]);
  await store.deleteNow();
  expect(mesh.sessions.size).toBe(3);

  store.delete([sessions[0]!.id]);
  store.delete([sessions[1]!.id]);
  await store.deleteNow();
  await settled();

  expect(mesh.sessions.size).toBe(1);
  expect(shown()).toEqual(["three"]);
});

test("deleting the conversation that is shown leads to a new one, and other tabs hear of it", async () => {
  const session = mesh.add("to go");
  store.show(session.id);
  await settled();

  store.delete([session.id]);
  expect(went).toEqual([""]);
  expect(store.current.value.id).toBe("");
  await store.deleteNow();

  expect(told).toEqual([session.id]);
});

test("deleting what somebody else deleted is no error", async () => {
  const session = mesh.add("gone");
  await store.refreshList();
  mesh.sessions.clear();

  store.delete([session.id]);
  await store.deleteNow();

  expect(store.notice.value).toBeUndefined();
  expect(titles()).toEqual([]);
});

test("what could not be deleted is shown again, the rest is gone", async () => {
  const sessions = [mesh.add("one"), mesh.add("two"), mesh.add("three")];
  await store.refreshList();
  mesh.before = (call) => (call === `DELETE api/sessions/${sessions[0]!.id}` ? refusal(429, "saturated") : undefined);

  store.delete([sessions[0]!.id, sessions[1]!.id]);
  await store.deleteNow();

  expect(titles()).toEqual(["three", "one"]);
  expect(told).toEqual([sessions[1]!.id]);
  expect(store.notice.value?.title).toContain("no room");
});

test("where all that was listed is deleted, the rest of the list follows", async () => {
  for (let i = 0; i < 40; i++) {
    mesh.add(`s ${i}`);
  }
  await store.refreshList();

  store.delete(store.list.sessions.value.map(({ id }) => id));
  await store.deleteNow();

  expect(titles()).toHaveLength(10);
});

test("a page of the list that comes after a search began is not one of its finds", async () => {
  for (let i = 0; i < 35; i++) {
    mesh.add(`cat ${i}`);
  }
  mesh.add("an owl");
  await store.refreshList();
  let answer = () => {};
  mesh.before = (call) =>
    call === "GET api/sessions" ? new Promise((resolve) => (answer = () => resolve(undefined as never))) : undefined;
  const loading = store.loadMore();
  const late = answer;
  mesh.before = () => undefined;

  await store.search("owl");
  late();
  await loading;

  expect(titles()).toEqual(["an owl"]);
  expect(store.list.nextPageToken.value).toBe("");
});

test("what was told of one conversation is not told of the next; other tabs hear of new settings", async () => {
  const session = mesh.add("kept");
  store.show("nobody");
  await settled();
  expect(store.notice.value).toBeDefined();

  store.show(session.id);
  await settled();
  expect(store.notice.value).toBeUndefined();
  await store.updateSettings({ options: { stop: [], topK: 3 } });

  expect(told).toEqual([session.id]);
});

test("a search asks the mesh, and shows nothing of the list before", async () => {
  mesh.add("owls");
  mesh.add("cats");
  await store.refreshList();

  await store.search("owl");

  expect(titles()).toEqual(["owls"]);
  await store.search("");
  expect(titles()).toEqual(["cats", "owls"]);
});

test("a dead link leads to a new conversation that says so", async () => {
  store.show("nobody");
  await settled();

  expect(store.current.value.id).toBe("");
  expect(went).toEqual(["replace "]);
  expect(store.notice.value?.title).toContain("not there any more");
});

test("a conversation that cannot be opened now can be tried again", async () => {
  const session = mesh.add("kept");
  mesh.before = () => refusal(503, "unavailable");
  store.show(session.id);
  await settled();
  const { failure } = store.current.value;
  expect(failure.value?.problem.retryable).toBe(true);

  mesh.before = () => undefined;
  failure.value?.retry?.();
  await settled();

  expect(store.current.value.failure.value).toBeUndefined();
  expect(store.current.value.session.value?.title).toBe("kept");
});

test("the model of the conversation is described, or the usual one where that is gone", async () => {
  mesh.models = ["owl", "llava"];
  await store.describe();
  expect(store.mesh.value?.model).toBe("owl");

  await store.updateSettings({ model: "llava" });
  await store.describe();
  await settled();
  expect(store.mesh.value?.model).toBe("llava");
  expect(store.examples.value.map(({ question }) => question)).toEqual(["Who is llava?"]);

  mesh.models = ["owl"];
  await store.describe();
  expect(store.mesh.value?.model).toBe("owl");
  expect(store.meshProblem.value).toBeUndefined();
});

test("a conversation stays with the model that the mesh says it has", async () => {
  mesh.models = ["owl", "llava"];
  const session = mesh.add("of llava");
  session.model = "llava";
  store.current.value.setSession(session);
  await store.describe();
  expect(store.mesh.value?.model).toBe("llava");
});

test("while the usual model is down, the others are known, and one of them can be described", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  mesh.models = ["owl", "llava"];
  mesh.down = ["owl"];
  await store.describe();
  await store.listModels();
  expect(store.mesh.value).toBeUndefined();
  expect(store.meshProblem.value?.title).toContain("The language model is not there");
  expect(store.models.value.map(({ name, ready }) => [name, ready])).toEqual([["owl", false], ["llava", true]]);

  await store.updateSettings({ model: "llava" });
  await store.describe();
  expect(store.mesh.value?.model).toBe("llava");
  expect(store.meshProblem.value).toBeUndefined();

  await store.updateSettings({});
  await store.describe();
  expect(store.mesh.value).toBeUndefined();
  vi.useRealTimers();
});
