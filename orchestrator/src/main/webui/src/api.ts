// SPDX-License-Identifier: Apache-2.0
import type {
  CreateSessionResponse,
  DescribeResponse,
  Feedback,
  GetAttentionResponse,
  GetSessionResponse,
  Image,
  ListModelsResponse,
  ListSessionsResponse,
  SendMessageRequest,
  SendMessageResponse,
  SessionSettings,
  SetFeedbackResponse,
  StopAnswerResponse,
  TurnAccepted,
  UpdateSessionRequest,
  UpdateSessionResponse,
  UploadImageResponse,
} from "#proto/owlmesh/chat/v1/chat";
import { ApiError, type ErrorBody, StreamClosedError } from "./errors";
import { serverEvents } from "./sse";

/** A response whose messages are always there, though the contract cannot say so. */
type Complete<T> = { [K in keyof T]-?: NonNullable<T[K]> };

/** The session is named by the path; a turn does not wait for another one, and outlives its page. */
export type TurnRequest = Omit<SendMessageRequest, "sessionId" | "wait" | "detached">;

export interface TurnEvent extends Omit<SendMessageResponse, "accepted"> {
  accepted?: Complete<TurnAccepted>;
}

async function toApiError(response: Response): Promise<ApiError> {
  if (response.status === 401) {
    location.assign(`sign-in.html${location.hash}`); // Whoever has signed in goes on where he was.
  }
  const text = await response.text().catch(() => "");
  const retryAfter = Number(response.headers.get("Retry-After") ?? 0) || 0;
  try {
    return new ApiError(response.status, (JSON.parse(text) as { error: ErrorBody }).error, retryAfter);
  } catch {
    return new ApiError(response.status, { message: text.slice(0, 500), type: response.statusText });
  }
}

/** What else is said of a request: whether it goes on when the page goes away, and what gives it up. */
type How = Pick<RequestInit, "keepalive" | "signal">;

async function call<T>(method: string, path: string, body?: unknown, how: How = {}): Promise<T> {
  const response = await fetch(path, {
    method,
    ...how,
    ...(body === undefined
      ? {}
      : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
  });
  if (!response.ok) {
    throw await toApiError(response);
  }
  return (await response.json()) as T;
}

const sessionPath = (id: string) => `api/sessions/${encodeURIComponent(id)}`;

/** @param model empty: the one that answers who names none */
export const describe = (model: string) =>
  call<DescribeResponse>("GET", `api/mesh?${new URLSearchParams({ model })}`);

/** Questions that fit a model, as they lie beside it. */
export const listExamples = (model: string) => call<unknown>("GET", `api/examples?${new URLSearchParams({ model })}`);

export const listModels = async () => (await call<ListModelsResponse>("GET", "api/models")).models;

/** How long the mesh may take to say how it is, milliseconds. */
const HEALTH_PATIENCE = 5_000;

/** Whether the mesh answers; replicas that take no work, or the reason why nothing is answered. */
export async function health(): Promise<{ serving: boolean; missing: readonly string[]; reason: string }> {
  const response = await fetch("health", { signal: AbortSignal.timeout(HEALTH_PATIENCE) });
  const told = (await response.json()) as { missing?: string[]; reason?: string };
  return { serving: response.ok, missing: told.missing ?? [], reason: told.reason ?? "" };
}

export const listSessions = (pageSize: number, pageToken: string, query: string) =>
  call<ListSessionsResponse>(
    "GET",
    `api/sessions?${new URLSearchParams({ pageSize: String(pageSize), pageToken, query })}`,
  );

export const createSession = async (settings: SessionSettings) =>
  (await call<Complete<CreateSessionResponse>>("POST", "api/sessions", { settings })).session;

export const getSession = (id: string) =>
  call<Complete<GetSessionResponse>>("GET", sessionPath(id));

export const updateSession = async (
  id: string,
  change: Omit<UpdateSessionRequest, "sessionId">,
) => (await call<Complete<UpdateSessionResponse>>("PATCH", sessionPath(id), change)).session;

/** @param keepalive whether the request goes on when the page goes away */
export const deleteSession = (id: string, keepalive = false) =>
  call<unknown>("DELETE", sessionPath(id), undefined, { keepalive });

export const stopAnswer = (id: string) =>
  call<StopAnswerResponse>("POST", `${sessionPath(id)}/stop`, {});

export const setFeedback = async (id: string, messageId: string, feedback: Feedback) =>
  (await call<Complete<SetFeedbackResponse>>(
    "PUT",
    `${sessionPath(id)}/messages/${encodeURIComponent(messageId)}/feedback`,
    feedback,
  )).message;

export async function uploadImage(file: Blob): Promise<Image> {
  const response = await fetch("api/images", {
    method: "POST",
    // The mesh looks at the bytes, whatever the file calls itself.
    headers: { "Content-Type": file.type.startsWith("image/") ? file.type : "image/*" },
    body: file,
  });
  if (!response.ok) {
    throw await toApiError(response);
  }
  return ((await response.json()) as Complete<UploadImageResponse>).image;
}

export const getAttention = (sha256: string, question: string, model: string, signal: AbortSignal) =>
  call<GetAttentionResponse>(
    "GET",
    `api/images/${sha256}/attention?${new URLSearchParams({ question, model })}`,
    undefined,
    { signal },
  );

export const imageUrl = (image: Pick<Image, "sha256">) => `api/images/${image.sha256}`;

/** Takes a turn, which goes on when nobody listens any more. */
export async function* sendMessage(
  id: string,
  request: TurnRequest,
  signal: AbortSignal,
): AsyncGenerator<TurnEvent> {
  yield* turnEvents(
    await fetch(`${sessionPath(id)}/turns`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      body: JSON.stringify({ ...request, detached: true }),
      signal,
    }),
  );
}

/**
 * Listens to an answer that somebody asked for.
 *
 * @param after id of the last event that came; empty for all from the begin
 */
export async function* followAnswer(id: string, after: string, signal: AbortSignal): AsyncGenerator<TurnEvent> {
  const headers = { Accept: "text/event-stream", ...(after === "" ? {} : { "Last-Event-ID": after }) };
  yield* turnEvents(await fetch(`${sessionPath(id)}/answer`, { headers, signal }));
}

async function* turnEvents(response: Response): AsyncGenerator<TurnEvent> {
  if (!response.ok || response.body === null) {
    throw await toApiError(response);
  }
  for await (const { event, data } of serverEvents(response.body)) {
    if (event === "error") {
      throw new ApiError(200, (JSON.parse(data) as { error: ErrorBody }).error);
    }
    const turnEvent = JSON.parse(data) as TurnEvent;
    yield turnEvent;
    if (turnEvent.done !== undefined) {
      return;
    }
  }
  throw new StreamClosedError("the stream ended without the end of the answer");
}
