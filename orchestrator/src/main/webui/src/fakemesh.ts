// SPDX-License-Identifier: Apache-2.0
// A mesh for unit tests: what the page asks of it over HTTP, answered from memory.
import { vi } from "vitest";
import type { Message, Session } from "#proto/owlmesh/chat/v1/chat";
import type { TurnRequest } from "./api";

const TIME = "2026-01-01T00:00:00Z";

export function message(given: Partial<Message>): Message {
  return {
    id: "m",
    parentId: "",
    role: "ROLE_HUMAN",
    text: "",
    images: [],
    state: "MESSAGE_STATE_COMPLETE",
    createdAt: TIME,
    error: "",
    errorCode: "",
    errorField: "",
    model: "",
    ...given,
  };
}

export function refusal(status: number, code: string, param = ""): Response {
  return Response.json({ error: { message: "no", type: "t", code, param } }, { status });
}

/** Waits until all that is on its way has come. */
export const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

export class FakeMesh {
  readonly sessions = new Map<string, { session: Session; messages: Message[] }>();
  /** Each request so far, as "METHOD path". */
  readonly calls: string[] = [];
  readonly turns: TurnRequest[] = [];
  /** Names of its models, the one first that answers who names none. */
  models = ["owl"];
  /** Those of them that do not answer. */
  down: readonly string[] = [];
  /** Answers in place of the mesh where it returns something. */
  before: (call: string, headers: Headers) => Response | Promise<Response> | undefined = () => undefined;
  private ids = 0;

  constructor() {
    vi.stubGlobal("fetch", (path: string, init: RequestInit = {}) => this.fetch(path, init));
  }

  add(title: string): Session {
    const id = `s${++this.ids}`;
    const session = { id, title, head: "", model: "", createdAt: TIME, updatedAt: TIME, settings: {} };
    this.sessions.set(id, { session, messages: [] });
    return session;
  }

  private async fetch(path: string, init: RequestInit): Promise<Response> {
    const method = init.method ?? "GET";
    const call = `${method} ${path.replace(/\?.*/, "")}`;
    this.calls.push(call);
    const instead = await this.before(call, new Headers(init.headers));
    if (instead !== undefined) {
      return instead;
    }
    const [, , id = "", rest = ""] = path.replace(/\?.*/, "").split("/");
    if (path === "api/images") {
      return Response.json({ image: { sha256: `i${++this.ids}`, mediaType: "image/png", width: 1, height: 1 } });
    }
    if (call === "GET api/models") {
      const models = this.models.map((name, i) => ({ name, defaultModel: i === 0, ready: !this.down.includes(name) }));
      return Response.json({ models });
    }
    if (call === "GET api/examples") {
      return Response.json([{ question: `Who is ${new URLSearchParams(path.split("?")[1]).get("model")}?` }]);
    }
    if (call === "GET api/mesh") {
      return this.describe(path);
    }
    if (id === "") {
      return method === "POST" ? Response.json({ session: this.add("") }) : this.list(path);
    }
    const kept = this.sessions.get(id);
    if (kept === undefined) {
      return refusal(404, "session_not_found", "session_id");
    }
    if (rest === "turns") {
      return this.turn(kept, JSON.parse(String(init.body)) as TurnRequest);
    }
    if (method === "DELETE") {
      this.sessions.delete(id);
    } else if (method === "PATCH") {
      Object.assign(kept.session, JSON.parse(String(init.body)));
    }
    return Response.json(kept);
  }

  private describe(path: string): Response {
    const model = new URLSearchParams(path.split("?")[1]).get("model") || this.models[0]!;
    if (this.down.includes(model)) {
      return refusal(503, "stage_unavailable", "llm");
    }
    return this.models.includes(model)
      ? Response.json({ model, models: this.models, adapters: [], maxImages: 16 })
      : refusal(404, "model_not_found", "model");
  }

  private list(path: string): Response {
    const query = new URLSearchParams(path.split("?")[1]);
    const from = Number(query.get("pageToken") || 0);
    const to = from + Number(query.get("pageSize"));
    const text = query.get("query") ?? "";
    const all = [...this.sessions.values()]
      .map(({ session }) => session)
      .filter(({ title }) => title.includes(text))
      .reverse();
    return Response.json({ sessions: all.slice(from, to), nextPageToken: to < all.length ? String(to) : "" });
  }

  private turn(kept: { session: Session; messages: Message[] }, request: TurnRequest): Response {
    this.turns.push(request);
    const parentId = kept.session.head;
    const question = message({ id: `q${++this.ids}`, parentId, text: request.say?.text ?? "" });
    const answer = message({ id: `a${this.ids}`, parentId: question.id, role: "ROLE_AI", text: "An owl." });
    kept.messages.push(question, answer);
    kept.session.head = answer.id;
    kept.session.title ||= question.text;
    return events({ accepted: { question, answer } }, { text: { text: "An owl." } }, { done: answer });
  }
}

/** A response of server-sent events. */
export function events(...all: unknown[]): Response {
  return new Response(all.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(""));
}
