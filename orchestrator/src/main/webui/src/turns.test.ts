// SPDX-License-Identifier: Apache-2.0
import { beforeEach, expect, test, vi } from "vitest";
import { Attachment } from "./attachments";
import type { Conversation } from "./conversation";
import { events, FakeMesh, message, refusal, settled } from "./fakemesh";
import { Store } from "./store";

let mesh: FakeMesh;
let store: Store;
let conversation: Conversation;

beforeEach(() => {
  mesh = new FakeMesh();
  store = new Store({ goTo: () => {}, replace: () => {}, changed: () => {} });
  conversation = store.current.value;
});

const png = (name = "a.png") => new File(["png"], name, { type: "image/png" });
const send = () => store.turns.send(conversation, conversation.draft);
const texts = () => conversation.branch.value.map((each) => each.text);

test("a message is taken with its pictures, and answered", async () => {
  store.attach(conversation.draft, [png()]);
  conversation.draft.setText("What?");

  await send();

  expect(texts()).toEqual(["What?", "An owl."]);
  expect(mesh.turns[0]?.say?.images).toHaveLength(1);
  expect(conversation.draft.isEmpty.value).toBe(true);
  expect(conversation.isAnswering.value).toBe(false);
});

test("what is written and dropped while the answer comes stays for the next message", async () => {
  let answer = (_: Response) => {};
  mesh.before = (call) => (call.endsWith("/turns") ? new Promise((resolve) => (answer = resolve)) : undefined);
  conversation.draft.setText("What?");
  const sending = send();
  await settled();
  expect(conversation.draft.sending.value).toBe(true);

  conversation.draft.setText("What? And");
  store.attach(conversation.draft, [png("later.png")]);
  const question = message({ id: "q", text: "What?" });
  const done = message({ id: "a", parentId: "q", role: "ROLE_AI" });
  answer(events({ accepted: { question, answer: done } }, { done }));
  await sending;

  expect(conversation.draft.text.value).toBe(" And");
  expect(conversation.draft.attachments.value.map((each) => each.name)).toEqual(["later.png"]);
});

test("a file that cannot be read is told to be that, and not to be tried again", async () => {
  mesh.before = (call) => (call === "POST api/images" ? Promise.reject(new TypeError("Failed to fetch")) : undefined);
  const folder = png("folder");
  folder.slice = () => ({ arrayBuffer: () => Promise.reject(new DOMException("gone", "NotFoundError")) }) as unknown as Blob;

  store.attach(conversation.draft, [folder, png()]);
  await settled();

  const problems = conversation.draft.attachments.value.map(({ problem }) => problem.value);
  expect(problems[0]?.title).toContain("cannot be read");
  expect(problems[0]?.retryable).toBe(false);
  expect(problems[1]?.title).toContain("cannot be reached");
  expect(problems[1]?.retryable).toBe(true);
});

test("a refused first message leaves no session", async () => {
  mesh.before = (call) => (call.endsWith("/turns") ? refusal(400, "context_length_exceeded", "text") : undefined);
  conversation.draft.setText("Long");

  await send();

  expect(mesh.sessions.size).toBe(0);
  expect(conversation.id).toBe("");
  expect(conversation.draft.text.value).toBe("Long");
  expect(conversation.draft.problem.value?.title).toContain("too long");
  expect(conversation.draft.problem.value?.retryable).toBe(false);
});

test("a message that did not get through is sent again as the same turn, in the same session", async () => {
  let broken = true;
  mesh.before = (call) => {
    if (broken && call.endsWith("/turns")) {
      broken = false;
      return Promise.reject(new TypeError("Failed to fetch"));
    }
    return undefined;
  };
  conversation.draft.setText("What?");
  await send();
  expect(conversation.draft.problem.value?.title).toContain("cannot be reached");
  const { id } = conversation;

  await send();

  expect(conversation.id).toBe(id);
  expect(mesh.sessions.size).toBe(1);
  expect(texts()).toEqual(["What?", "An owl."]);
});

test("more pictures than a message may show are not sent, and no session begins", async () => {
  store.attach(conversation.draft, Array.from({ length: 18 }, () => png()));
  conversation.draft.setText("What?");

  expect(store.turns.isSendable(conversation.draft)).toBe(false);
  await send();

  expect(mesh.calls.filter((call) => call !== "POST api/images")).toEqual([]);
});

test("a picture that the mesh refuses is told once, and holds the message back", async () => {
  mesh.before = (call) => (call === "POST api/images" ? refusal(400, "image_unreadable", "image") : undefined);
  store.attach(conversation.draft, [png("broken.png")]);
  conversation.draft.setText("What?");
  await settled();

  await send();

  expect(conversation.draft.attachments.value[0]?.problem.value?.title).toContain("damaged");
  expect(conversation.draft.problem.value).toBeUndefined();
  expect(mesh.calls).toEqual(["POST api/images"]);
});

test("pictures that the mesh forgot are sent again", async () => {
  let forgotten = true;
  mesh.before = (call) => {
    if (forgotten && call.endsWith("/turns")) {
      forgotten = false;
      return refusal(404, "image_not_found", "say.images[0]");
    }
    return undefined;
  };
  store.attach(conversation.draft, [png()]);

  await send();

  expect(mesh.calls.filter((call) => call === "POST api/images")).toHaveLength(2);
  expect(texts()).toEqual(["", "An owl."]);
});

test("a message in a conversation that is gone goes to a new one", async () => {
  conversation.draft.setText("One?");
  await send();
  mesh.sessions.clear();
  conversation.draft.setText("Two?");

  await send();

  expect(store.current.value).not.toBe(conversation);
  expect(store.current.value.draft.text.value).toBe("Two?");
  expect(store.notice.value?.title).toContain("not there any more");
  await store.turns.send(store.current.value, store.current.value.draft);
  expect(mesh.turns.at(-1)?.say?.text).toBe("Two?");
});

/** A session in which another tab asked something, and whose answer is being written; it is opened. */
async function openTheirs() {
  const session = mesh.add("theirs");
  const answer = message({ id: "a", role: "ROLE_AI", text: "An", state: "MESSAGE_STATE_ANSWERING" });
  session.head = "a";
  mesh.sessions.get(session.id)!.messages.push(answer);
  store.show(session.id);
  await settled();
  return { session, answer, theirs: store.current.value };
}

const said = (text: string, eventId: string) => ({ text: { text }, eventId });

test("an answer of another tab is shown as it comes", async () => {
  const answer = message({ id: "a", role: "ROLE_AI", text: "An owl.", state: "MESSAGE_STATE_COMPLETE" });
  mesh.before = (call) =>
    call.endsWith("/answer") ? events(said("An ", "1"), said("owl.", "2"), { done: answer, eventId: "2" }) : undefined;

  const { theirs } = await openTheirs();

  expect(theirs.branch.value.at(-1)).toMatchObject({ text: "An owl.", state: "MESSAGE_STATE_COMPLETE" });
  expect(theirs.isAnswering.value).toBe(false);
});

test("an answer of another tab can be stopped", async () => {
  let tell = (_: Response) => {};
  mesh.before = (call) => (call.endsWith("/answer") ? new Promise((resolve) => (tell = resolve)) : undefined);
  const { session, answer, theirs } = await openTheirs();
  expect(theirs.isAnswering.value).toBe(true);
  mesh.before = (call) => {
    if (!call.endsWith("/stop")) {
      return undefined;
    }
    answer.state = "MESSAGE_STATE_STOPPED";
    tell(events({ done: answer }));
    return Response.json({ stopped: true });
  };

  await store.turns.stop(theirs);
  await settled();

  expect(mesh.calls).toContain(`POST api/sessions/${session.id}/stop`);
  expect(theirs.branch.value.at(-1)?.state).toBe("MESSAGE_STATE_STOPPED");
  expect(theirs.isAnswering.value).toBe(false);
});

test("an answer whose connection breaks is listened to again from where it was", async () => {
  const question = message({ id: "q" });
  const answer = message({ id: "a", parentId: "q", role: "ROLE_AI" });
  const after: (string | null)[] = [];
  const follows = [
    () => Promise.reject(new TypeError("Failed to fetch")),
    () => refusal(503, "unavailable"),
    () => events(said("owl.", "2"), { done: { ...answer, text: "An owl." } }),
  ];
  mesh.before = (call, headers) => {
    if (call.endsWith("/turns")) {
      return events({ accepted: { question, answer }, eventId: "0" }, said("An ", "1")); // And no end.
    }
    if (call.endsWith("/answer")) {
      after.push(headers.get("Last-Event-ID"));
      return follows[after.length - 1]!();
    }
    return call.startsWith("GET api/sessions/") ? refusal(503, "unavailable") : undefined;
  };
  conversation.draft.setText("What?");

  await send();

  expect(after).toEqual(["1", "1", "1"]);
  expect(conversation.branch.value.at(-1)?.text).toBe("An owl.");
  expect(conversation.branch.value.at(-1)?.state).toBe("MESSAGE_STATE_COMPLETE");
});

test("an answer that the mesh begins again is not shown twice", async () => {
  const answer = message({ id: "a", role: "ROLE_AI" });
  const text: string[] = [];
  mesh.before = (call) => {
    if (!call.endsWith("/answer")) {
      return undefined;
    }
    queueMicrotask(() => store.current.value.activeTurn.value?.text.subscribe((now) => text.push(now)));
    return events({ accepted: { question: message({ id: "q" }), answer } }, said("A cat", "1"), { done: answer });
  };

  await openTheirs();
  await new Promise((resolve) => setTimeout(resolve, 150));

  expect(text.at(-1)).toBe("A cat");
});

test("an answer whose stream fails keeps what was said, and its code", async () => {
  mesh.before = (call) => {
    if (!call.endsWith("/turns")) {
      return call.startsWith("GET") ? refusal(503, "unavailable") : undefined;
    }
    const question = message({ id: "q" });
    const answer = message({ id: "a", parentId: "q", role: "ROLE_AI" });
    const said = events({ accepted: { question, answer } }, { text: { text: "An o" } });
    const error = { message: "vision: the stage is unavailable", type: "t", code: "stage_unavailable", param: "vision" };
    return said.text().then((text) => new Response(`${text}event: error\ndata: ${JSON.stringify({ error })}\n\n`));
  };
  conversation.draft.setText("What?");

  await send();

  expect(conversation.branch.value.at(-1)).toMatchObject({
    text: "An o",
    state: "MESSAGE_STATE_FAILED",
    errorCode: "stage_unavailable",
    errorField: "vision",
  });
});

test("tokens change what one answer shows, and no message", async () => {
  let changes = 0;
  conversation.messages.subscribe(() => changes++);
  mesh.before = (call) => {
    if (!call.endsWith("/turns")) {
      return undefined;
    }
    const question = message({ id: "q" });
    const answer = message({ id: "a", parentId: "q", role: "ROLE_AI", text: "x".repeat(900) });
    const tokens = Array.from({ length: 900 }, () => ({ text: { text: "x" } }));
    return events({ accepted: { question, answer } }, ...tokens, { done: answer });
  };
  conversation.draft.setText("What?");

  await send();

  expect(conversation.branch.value.at(-1)?.text).toHaveLength(900);
  // As it was, the question, the answer begun, the answer whole.
  expect(changes).toBe(4);
});

test("an attachment keeps what the mesh has, and says what it never takes", async () => {
  const attachment = Attachment.ofFile(png());
  await Promise.all([attachment.upload(100), attachment.upload(100)]);
  await attachment.upload(100);
  expect(mesh.calls).toEqual(["POST api/images"]);

  const large = Attachment.ofFile(png());
  await expect(large.upload(2)).rejects.toThrow("at most 2");
  expect(large.isRefused).toBe(true);
  expect(large.problem.value?.title).toBe("This picture is too large.");

  mesh.before = () => Promise.reject(new TypeError("Failed to fetch"));
  const unlucky = Attachment.ofFile(png());
  await expect(unlucky.upload(100)).rejects.toThrow();
  expect(unlucky.isRefused).toBe(false);
  mesh.before = () => undefined;
  await unlucky.upload(100);
  expect(unlucky.problem.value).toBeUndefined();
});

test("what the mesh cannot read, or is too large for it, the browser makes anew", async () => {
  const drawn: number[] = [];
  vi.stubGlobal("createImageBitmap", async () => ({ width: 8000, height: 4000, close: () => {} }));
  vi.stubGlobal(
    "OffscreenCanvas",
    class {
      constructor(readonly width: number) {}
      getContext = () => ({ fillRect: () => {}, drawImage: () => {} });
      // A byte a pixel of its side.
      convertToBlob = async () => {
        drawn.push(this.width);
        return new Blob(["x".repeat(this.width)], { type: "image/jpeg" });
      };
    },
  );
  const large = Attachment.ofFile(new File(["x".repeat(3_000)], "a.png", { type: "image/png" }));
  await large.upload(1_500);
  expect(drawn).toEqual([2048, 1434]);

  let refused = false;
  mesh.before = (call) => {
    const first = call === "POST api/images" && !refused;
    refused = true;
    return first ? refusal(400, "image_too_large", "image") : undefined;
  };
  const wide = Attachment.ofFile(png());
  await wide.upload(3_000);
  expect(wide.isRefused).toBe(false);

  await Attachment.ofFile(new File(["x"], "a.avif", { type: "image/avif" })).upload(3_000);
  expect(drawn).toEqual([2048, 1434, 2048, 2048]);
  vi.unstubAllGlobals();
});

test("what was chosen just before is kept before the next message is sent, in the order of the choices", async () => {
  conversation.draft.setText("What?");
  await send();
  const saved: (() => void)[] = [];
  mesh.before = (call) =>
    call.startsWith("PATCH") ? new Promise((resolve) => saved.push(() => resolve(undefined as never))) : undefined;

  void store.updateSettings({ model: "one" });
  void store.updateSettings({ model: "two" });
  conversation.draft.setText("And now?");
  const sending = send();
  await settled();
  expect(saved).toHaveLength(1);
  expect(mesh.turns).toHaveLength(1);

  saved[0]?.();
  await settled();
  expect(mesh.turns).toHaveLength(1);
  saved[1]?.();
  await sending;

  expect(mesh.turns).toHaveLength(2);
  expect(conversation.settings.value.model).toBe("two");
});

test("a choice that the mesh does not take holds no message up", async () => {
  conversation.draft.setText("What?");
  await send();
  mesh.before = (call) => (call.startsWith("PATCH") ? refusal(400, "invalid_value", "settings") : undefined);

  await expect(store.updateSettings({ model: "none" })).rejects.toThrow();
  conversation.draft.setText("And now?");
  await send();

  expect(mesh.turns).toHaveLength(2);
});
