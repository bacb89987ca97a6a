// SPDX-License-Identifier: Apache-2.0
import { computed, signal } from "@preact/signals";
import type { Message, Session, SessionSettings } from "#proto/owlmesh/chat/v1/chat";
import { Draft } from "./draft";
import type { Problem } from "./errors";
import { Progress } from "./progress";
import { branch, withMessage } from "./tree";
import { t } from "./language";

/** An answer that this page waits for. What changes with every token is here, and redraws nothing else. */
export class ActiveTurn {
  readonly controller = new AbortController();
  readonly answerId = signal<string>();
  readonly stopping = signal(false);
  /** What is said so far, as much as is drawn. */
  readonly text = signal("");
  readonly status = signal(t("Sending"));
  /** Whether the connection broke, and is tried again; the answer goes on without it. */
  readonly disconnected = signal(false);
  /** Id of the last event that came; from there it is listened to again. */
  lastEvent = "";
  private progress: Progress | undefined;
  private arrived = "";
  private drawing = false;

  /** @param isOwn whether this page took the turn; else it listens to one that another page took */
  constructor(readonly isOwn = true) {}

  uploading(pictures: number): void {
    this.status.value = t(pictures === 1 ? "Sending the picture" : "Sending the pictures");
  }

  sending(): void {
    this.status.value = t("Sending");
  }

  /**
   * Begins, or begins again, since the mesh lost what was said.
   *
   * @param images shown on the branch
   */
  accepted(answerId: string, images: number): void {
    this.arrived = "";
    this.text.value = "";
    this.progress = new Progress(images);
    this.status.value = this.progress.status();
    this.answerId.value = answerId;
  }

  stage(done: Parameters<Progress["stage"]>[0]): void {
    if (this.progress !== undefined) {
      this.progress.stage(done);
      this.status.value = this.progress.status();
    }
  }

  /** More text; drawn once a frame, for tokens may come faster than anyone sees them. */
  append(text: string): void {
    this.arrived += text;
    if (!this.drawing) {
      this.drawing = true;
      nextFrame(() => {
        this.drawing = false;
        this.text.value = this.arrived;
      });
    }
  }

  /** All that is said so far, whether drawn or not. */
  get said(): string {
    return this.arrived;
  }
}

/** A page that nobody sees has no frames. */
function nextFrame(draw: () => void): void {
  if (typeof document === "undefined" || document.hidden) {
    setTimeout(draw, 100);
  } else {
    requestAnimationFrame(draw);
  }
}

/** An earlier message that is being edited. */
export interface Editing {
  message: Message;
  draft: Draft;
}

/** Something that failed, and how it may be tried again. */
export interface Failure {
  problem: Problem;
  retry?: (() => void) | undefined;
}

/** A conversation as this page knows it. */
export class Conversation {
  readonly session = signal<Session>();
  readonly messages = signal<readonly Message[]>([]);
  readonly settings = signal<SessionSettings>({});
  readonly draft = new Draft();
  readonly editing = signal<Editing>();
  readonly activeTurn = signal<ActiveTurn>();
  /** The question whose answers are shown side by side. */
  readonly compared = signal<string>();
  readonly loading = signal(false);
  /** Settles when what was chosen for it is kept: a message that is sent then is answered by it. */
  saving: Promise<unknown> = Promise.resolve();
  /** Of opening it, answering again, or moving between branches. */
  readonly failure = signal<Failure>();
  /** What was said on the branch that is shown. */
  readonly branch = computed(() => branch(this.messages.value, this.session.value?.head ?? ""));
  /** Whether the mesh said that an answer is being written. */
  readonly isBeingWritten = computed(() => this.branch.value.at(-1)?.state === "MESSAGE_STATE_ANSWERING");
  /** Whether an answer is being written, by this page or by another one. */
  readonly isAnswering = computed(() => this.activeTurn.value !== undefined || this.isBeingWritten.value);

  /** The model that answers; empty: the one that answers who names none. */
  readonly model = computed(() => this.settings.value.model ?? this.session.value?.model ?? "");

  /** @param id empty: the mesh does not know of it yet */
  constructor(public id: string) {}

  setSession(session: Session): void {
    this.session.value = session;
    this.settings.value = session.settings ?? {};
  }

  /** The mesh does not know of it any more; what was chosen and written stays. */
  forgetSession(): void {
    this.id = "";
    this.session.value = undefined;
  }

  upsert(message: Message): void {
    this.messages.value = withMessage(this.messages.value, message);
  }

  setHead(head: string): void {
    if (this.session.value !== undefined) {
      this.session.value = { ...this.session.value, head };
    }
  }

  setTitle(title: string): void {
    if (this.session.value !== undefined && this.session.value.title !== title) {
      this.session.value = { ...this.session.value, title };
    }
  }
}
