// SPDX-License-Identifier: Apache-2.0
import { ApiError, BrokenStream } from "./errors";
import { serverEvents } from "./sse";
import type {
  ErrorBody,
  Feedback,
  Image,
  Mesh,
  Message,
  Session,
  SessionSettings,
  TurnEvent,
  TurnRequest,
} from "./wire";

async function refusal(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => "");
  try {
    return new ApiError(response.status, (JSON.parse(text) as { error: ErrorBody }).error);
  } catch {
    return new ApiError(response.status, { message: text.slice(0, 500), type: response.statusText });
  }
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(path, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
  });
  if (!response.ok) {
    throw await refusal(response);
  }
  return (await response.json()) as T;
}

const at = (id: string) => `api/sessions/${encodeURIComponent(id)}`;

export const describe = () => call<Mesh>("GET", "api/mesh");

export const listSessions = (pageSize: number, pageToken: string) =>
  call<{ sessions: Session[]; nextPageToken: string }>(
    "GET",
    `api/sessions?${new URLSearchParams({ pageSize: String(pageSize), pageToken })}`,
  );

export const createSession = async (settings: SessionSettings) =>
  (await call<{ session: Session }>("POST", "api/sessions", { settings })).session;

export const getSession = (id: string) =>
  call<{ session: Session; messages: Message[] }>("GET", at(id));

export const updateSession = async (
  id: string,
  change: { title?: string; settings?: SessionSettings; head?: string },
) => (await call<{ session: Session }>("PATCH", at(id), change)).session;

export const deleteSession = (id: string) => call<unknown>("DELETE", at(id));

export const stopAnswer = (id: string) => call<{ stopped: boolean }>("POST", `${at(id)}/stop`, {});

export const setFeedback = async (id: string, messageId: string, feedback: Feedback) =>
  (await call<{ message: Message }>(
    "PUT",
    `${at(id)}/messages/${encodeURIComponent(messageId)}/feedback`,
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
    throw await refusal(response);
  }
  return ((await response.json()) as { image: Image }).image;
}

export const imageAddress = (image: Image) => `api/images/${image.sha256}`;

/** Takes a turn. Leaving the loop over its events ends the answer. */
export async function* takeTurn(
  id: string,
  request: TurnRequest,
  signal: AbortSignal,
): AsyncGenerator<TurnEvent> {
  const response = await fetch(`${at(id)}/turns`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify(request),
    signal,
  });
  if (!response.ok || response.body === null) {
    throw await refusal(response);
  }
  for await (const { event, data } of serverEvents(response.body)) {
    if (event === "error") {
      throw new ApiError(200, (JSON.parse(data) as { error: ErrorBody }).error);
    }
    const told = JSON.parse(data) as TurnEvent;
    yield told;
    if (told.done !== undefined) {
      return;
    }
  }
  throw new BrokenStream("the stream ended without the end of the answer");
}
