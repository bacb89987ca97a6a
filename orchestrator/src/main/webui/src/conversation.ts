// SPDX-License-Identifier: Apache-2.0
import type { Message, Session, SessionSettings } from "#proto/owlmesh/chat/v1/chat";
import type { Attachment } from "./attachments";
import type { Problem } from "./errors";
import { Progress } from "./progress";
import { branch, withMessage } from "./tree";

/** A message that is being written. It stays until the mesh has it. */
export class Draft {
  text = "";
  attachments: Attachment[] = [];
  problem: Problem | undefined;
  sending = false;
  /** Says that sending again is the same turn, not one more. */
  private idempotencyKey: string | undefined;

  get isEmpty(): boolean {
    return this.text.trim() === "" && this.attachments.length === 0;
  }

  /** It is another message now. */
  changed(): void {
    this.idempotencyKey = undefined;
    this.problem = undefined;
  }

  requestId(): string {
    this.idempotencyKey ??= randomId();
    return this.idempotencyKey;
  }

  clear(): void {
    this.attachments.forEach((attachment) => attachment.release());
    this.attachments = [];
    this.text = "";
    this.changed();
  }
}

/** crypto.randomUUID is there on pages of https and localhost alone. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** An answer that this page waits for. */
export class ActiveTurn {
  readonly controller = new AbortController();
  answerId: string | undefined;
  progress: Progress | undefined;
  stopping = false;
  private phase = "Sending";

  status(): string {
    return this.progress?.status() ?? this.phase;
  }

  setUploading(pictures: number): void {
    this.phase = pictures === 1 ? "Sending the picture" : "Sending the pictures";
  }

  setSending(): void {
    this.phase = "Sending";
  }
}

/** An earlier message that is being edited. */
export interface Editing {
  message: Message;
  draft: Draft;
}

/** A conversation as this page knows it. */
export class Conversation {
  session: Session | undefined;
  messages: Message[] = [];
  settings: SessionSettings = {};
  readonly draft = new Draft();
  editing: Editing | undefined;
  activeTurn: ActiveTurn | undefined;
  loading = false;
  /** Of opening it, answering again, or moving between branches. */
  problem: Problem | undefined;
  retry: (() => void) | undefined;

  /** @param id empty: the mesh does not know of it yet */
  constructor(public id: string) {}

  get branch(): Message[] {
    return branch(this.messages, this.session?.head ?? "");
  }

  get isAnswering(): boolean {
    return this.branch.at(-1)?.state === "MESSAGE_STATE_ANSWERING";
  }

  setSession(session: Session): void {
    this.session = session;
    this.settings = session.settings ?? {};
  }

  upsert(message: Message): void {
    this.messages = withMessage(this.messages, message);
  }

  setHead(head: string): void {
    if (this.session !== undefined) {
      this.session = { ...this.session, head };
    }
  }

  setProblem(problem: Problem, retry?: () => void): void {
    this.problem = problem;
    this.retry = retry;
  }

  clearProblem(): void {
    this.problem = undefined;
    this.retry = undefined;
  }
}
