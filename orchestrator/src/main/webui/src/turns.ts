// SPDX-License-Identifier: Apache-2.0
import type { AnswerOptions, Image, Message } from "#proto/owlmesh/chat/v1/chat";
import type { Announcer } from "./announcer";
import * as api from "./api";
import { ActiveTurn, type Conversation } from "./conversation";
import { type Draft, randomId, type Sent } from "./draft";
import { ApiError, isBroken, toProblem } from "./errors";
import { branch } from "./tree";
import { t } from "./language";

/** What turns need of the page. */
export interface TurnCallbacks {
  announcer: Announcer;
  maxImageBytes(): number;
  maxImages(): number;
  /** A conversation has its id, or a new place in the list. */
  started(conversation: Conversation): void;
  ended(conversation: Conversation): void;
  reload(conversation: Conversation): Promise<void>;
  /** The mesh does not have this conversation any more. */
  gone(conversation: Conversation): void;
}

/** How long to wait before a broken connection is looked for again: at first, and at most, milliseconds. */
const FIRST_WAIT = 250;
const LONGEST_WAIT = 5_000;

/** Takes turns in conversations; one at a time in each. */
export class Turns {
  constructor(private readonly page: TurnCallbacks) {}

  /** Says what a draft holds; as an earlier message said otherwise, if one is named. */
  async send(conversation: Conversation, draft: Draft, edited?: Message): Promise<void> {
    if (conversation.isAnswering.value || draft.sending.value || !this.isSendable(draft)) {
      return;
    }
    const activeTurn = this.begin(conversation);
    const sent = draft.send();
    const isNew = conversation.id === "";
    draft.sending.value = true;
    try {
      await this.uploadAndSend(conversation, activeTurn, sent, edited, () => {
        draft.accepted(sent);
        draft.sending.value = false;
        conversation.editing.value = edited === undefined ? conversation.editing.value : undefined;
      });
    } catch (failure) {
      if (activeTurn.answerId.value === undefined) {
        await this.refused(conversation, activeTurn, draft, failure, isNew);
      }
      await this.recover(conversation, activeTurn, failure);
    } finally {
      draft.sending.value = false;
      this.end(conversation);
    }
    // Given up here, it may be written all the same.
    void this.follow(conversation);
  }

  /** Whether the mesh may take it; what is in the way is shown beside the pictures. */
  isSendable(draft: Draft): boolean {
    const attachments = draft.attachments.value;
    return (
      !draft.isEmpty.value &&
      draft.preparing.value === 0 &&
      attachments.length <= this.page.maxImages() &&
      !attachments.some((attachment) => attachment.isRefused)
    );
  }

  private begin(conversation: Conversation, isOwn = true): ActiveTurn {
    const activeTurn = new ActiveTurn(isOwn);
    conversation.activeTurn.value = activeTurn;
    conversation.failure.value = undefined;
    this.page.announcer.begin();
    this.page.announcer.announceIfSlow(t("Sending"));
    return activeTurn;
  }

  private end(conversation: Conversation): void {
    conversation.activeTurn.value = undefined;
    this.page.ended(conversation);
  }

  private async uploadAndSend(
    conversation: Conversation,
    activeTurn: ActiveTurn,
    sent: Sent,
    edited: Message | undefined,
    accepted: () => void,
  ): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        const images = await this.uploadImages(activeTurn, sent);
        activeTurn.sending();
        await this.ensureSession(conversation);
        await this.stream(conversation, activeTurn, turnRequest(sent, images, edited), accepted);
        return;
      } catch (failure) {
        // Files that no message shows are forgotten after a while; this page still has them.
        if (attempt > 0 || !(failure instanceof ApiError && failure.code === "image_not_found")) {
          throw failure;
        }
        sent.attachments.forEach((attachment) => attachment.invalidate());
      }
    }
  }

  private async uploadImages(activeTurn: ActiveTurn, { attachments }: Sent): Promise<string[]> {
    if (attachments.some((attachment) => !attachment.isUploaded)) {
      activeTurn.uploading(attachments.length);
    }
    const limit = this.page.maxImageBytes();
    const images: Image[] = await Promise.all(attachments.map((attachment) => attachment.upload(limit)));
    return images.map((image) => image.sha256);
  }

  private async ensureSession(conversation: Conversation): Promise<void> {
    if (conversation.id === "") {
      const session = await api.createSession(conversation.settings.value);
      conversation.id = session.id;
      conversation.setSession(session);
    }
  }

  /** The mesh did not take the message: it stays where it was written. */
  private async refused(
    conversation: Conversation,
    activeTurn: ActiveTurn,
    draft: Draft,
    failure: unknown,
    isNew: boolean,
  ): Promise<void> {
    this.page.announcer.end("");
    const told = draft.attachments.value.some((attachment) => attachment.problem.value !== undefined);
    if (!told && !activeTurn.stopping.value) {
      draft.problem.value = toProblem(failure);
    }
    if (!(failure instanceof ApiError)) {
      return; // The mesh may have it all the same: the same turn is sent again, in the same session.
    }
    if (isNew && conversation.id !== "") {
      await api.deleteSession(conversation.id).catch(() => undefined);
      conversation.forgetSession();
    } else if (failure.code === "session_not_found") {
      this.page.gone(conversation);
    }
  }

  /**
   * Answers a message again.
   *
   * @param options how, this time; as the conversation tells if there are none
   */
  async regenerate(
    conversation: Conversation,
    message: Message,
    options?: AnswerOptions,
    requestId = randomId(),
  ): Promise<void> {
    if (conversation.isAnswering.value) {
      return;
    }
    const activeTurn = this.begin(conversation);
    try {
      const regenerate = { messageId: message.id };
      const request = options === undefined ? { requestId, regenerate } : { requestId, regenerate, options };
      await this.stream(conversation, activeTurn, request, () => {});
    } catch (failure) {
      if (activeTurn.answerId.value === undefined && !activeTurn.stopping.value) {
        const problem = toProblem(failure);
        const retry = () => void this.regenerate(conversation, message, options, requestId);
        conversation.failure.value = { problem, retry: problem.retryable ? retry : undefined };
        this.page.announcer.end("");
      }
      await this.recover(conversation, activeTurn, failure);
    } finally {
      this.end(conversation);
    }
    void this.follow(conversation);
  }

  /** Listens to the answer that another page, or this one before it was loaded again, asked for. */
  async follow(conversation: Conversation): Promise<void> {
    const answer = conversation.branch.value.at(-1);
    if (answer === undefined || conversation.activeTurn.value !== undefined || !conversation.isBeingWritten.value) {
      return;
    }
    const activeTurn = this.begin(conversation, false);
    activeTurn.accepted(answer.id, countImages(conversation.messages.value, answer.id));
    activeTurn.append(answer.text);
    try {
      await this.listenAgain(conversation, activeTurn);
    } catch (failure) {
      await this.recover(conversation, activeTurn, failure);
    } finally {
      this.end(conversation);
    }
  }

  /** Ends the answer that is being written, whichever page asked for it. */
  async stop(conversation: Conversation): Promise<void> {
    const activeTurn = conversation.activeTurn.value;
    if (activeTurn === undefined || activeTurn.stopping.value) {
      return;
    }
    activeTurn.stopping.value = true;
    try {
      if (conversation.id === "" || !(await api.stopAnswer(conversation.id)).stopped) {
        activeTurn.controller.abort();
      }
    } catch {
      activeTurn.controller.abort();
    }
  }

  private async stream(
    conversation: Conversation,
    activeTurn: ActiveTurn,
    request: api.TurnRequest,
    accepted: () => void,
  ): Promise<void> {
    const { signal } = activeTurn.controller;
    await conversation.saving;
    signal.throwIfAborted();
    try {
      for await (const event of api.sendMessage(conversation.id, request, signal)) {
        if (event.accepted !== undefined) {
          accepted();
        }
        this.handle(conversation, activeTurn, event);
      }
    } catch (failure) {
      if (activeTurn.answerId.value === undefined || !isBroken(failure)) {
        throw failure;
      }
      await this.listenAgain(conversation, activeTurn);
    }
  }

  /** Goes on from the last event that came, whenever the mesh can be reached, until the answer is over. */
  private async listenAgain(conversation: Conversation, activeTurn: ActiveTurn): Promise<void> {
    const { signal } = activeTurn.controller;
    for (let wait = 0; ; wait = Math.min(wait === 0 ? FIRST_WAIT : 2 * wait, LONGEST_WAIT)) {
      await pause(wait, signal);
      try {
        for await (const event of api.followAnswer(conversation.id, activeTurn.lastEvent, signal)) {
          activeTurn.disconnected.value = false;
          wait = 0;
          this.handle(conversation, activeTurn, event);
        }
        return;
      } catch (failure) {
        if (!isBroken(failure)) {
          throw failure;
        }
        activeTurn.disconnected.value = true;
      }
    }
  }

  private handle(conversation: Conversation, activeTurn: ActiveTurn, event: api.TurnEvent): void {
    const { announcer } = this.page;
    activeTurn.lastEvent = event.eventId ?? activeTurn.lastEvent;
    if (event.text !== undefined) {
      activeTurn.append(event.text.text);
      announcer.append(event.text.text);
      return;
    }
    if (event.done !== undefined) {
      conversation.upsert(event.done);
      announcer.end(ending(event.done.state));
      return;
    }
    if (event.accepted !== undefined) {
      const { question, answer } = event.accepted;
      conversation.upsert(question);
      conversation.upsert({ ...answer, text: "", state: "MESSAGE_STATE_ANSWERING" });
      conversation.setHead(answer.id);
      activeTurn.accepted(answer.id, countImages(conversation.messages.value, question.id));
      this.page.started(conversation);
    } else if (event.stage !== undefined) {
      activeTurn.stage(event.stage);
    }
    announcer.announceIfSlow(activeTurn.status.value);
  }

  /** Shows at once what is known of the end, then asks the mesh what it kept. */
  private async recover(conversation: Conversation, activeTurn: ActiveTurn, failure: unknown): Promise<void> {
    const answer = conversation.messages.value.find((message) => message.id === activeTurn.answerId.value);
    if (answer !== undefined) {
      const reported = failure instanceof ApiError;
      conversation.upsert({
        ...answer,
        text: activeTurn.said,
        state: reported ? "MESSAGE_STATE_FAILED" : "MESSAGE_STATE_INTERRUPTED",
        error: reported ? failure.body.message : "",
        errorCode: reported ? failure.code : "",
        errorField: reported ? failure.param : "",
      });
      this.page.announcer.end(ending(reported ? "MESSAGE_STATE_FAILED" : "MESSAGE_STATE_INTERRUPTED"));
    }
    if (conversation.id !== "") {
      await this.page.reload(conversation).catch(() => undefined);
    }
  }
}

/** What is said at the end of an answer; nothing where it is whole. */
function ending(state: Message["state"]): string {
  switch (state) {
    case "MESSAGE_STATE_STOPPED":
      return t("Stopped.");
    case "MESSAGE_STATE_FAILED":
      return t("The answer failed.");
    case "MESSAGE_STATE_INTERRUPTED":
      return t("The answer was interrupted.");
    default:
      return "";
  }
}

/** Waits; throws if what waits is given up. */
function pause(millis: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (millis === 0) {
    return Promise.resolve();
  }
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, millis);
    signal.addEventListener("abort", abort, { once: true });
  });
}

function turnRequest(sent: Sent, images: string[], edited: Message | undefined): api.TurnRequest {
  const { requestId, text } = sent;
  return edited === undefined
    ? { requestId, say: { text, images } }
    : { requestId, edit: { messageId: edited.id, text, images } };
}

/** How many pictures the model is shown for a question. */
function countImages(messages: readonly Message[], question: string): number {
  return branch(messages, question).reduce((sum, message) => sum + message.images.length, 0);
}
