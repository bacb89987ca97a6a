// SPDX-License-Identifier: Apache-2.0
import type { Image, Message } from "#proto/owlmesh/chat/v1/chat";
import type { Announcer } from "./announcer";
import * as api from "./api";
import { ActiveTurn, type Conversation, type Draft, randomId } from "./conversation";
import { ApiError, toProblem } from "./errors";
import { Progress } from "./progress";
import { branch } from "./tree";

/** What turns need of the page. */
export interface TurnCallbacks {
  announcer: Announcer;
  changed(): void;
  maxImageBytes(): number;
  /** A conversation has its id, or a new place in the list. */
  started(conversation: Conversation): void;
  reload(conversation: Conversation): Promise<void>;
}

/** Takes turns in conversations; one at a time in each. */
export class Turns {
  constructor(private readonly page: TurnCallbacks) {}

  /** Says what a draft holds; as an earlier message said otherwise, if one is named. */
  async send(conversation: Conversation, draft: Draft, edited?: Message): Promise<void> {
    if (conversation.activeTurn !== undefined || draft.isEmpty) {
      return;
    }
    const activeTurn = this.begin(conversation);
    draft.problem = undefined;
    draft.sending = true;
    this.page.changed();
    try {
      await this.uploadAndSend(conversation, activeTurn, draft, edited);
    } catch (failure) {
      if (activeTurn.answerId === undefined && !activeTurn.stopping) {
        draft.problem = toProblem(failure);
        this.page.announcer.end("");
      }
      await this.recover(conversation, activeTurn, failure);
    } finally {
      draft.sending = false;
      this.end(conversation);
    }
  }

  private begin(conversation: Conversation): ActiveTurn {
    const activeTurn = new ActiveTurn();
    conversation.activeTurn = activeTurn;
    conversation.clearProblem();
    this.page.announcer.begin();
    this.page.announcer.announceIfSlow("Sending");
    return activeTurn;
  }

  private end(conversation: Conversation): void {
    conversation.activeTurn = undefined;
    this.page.changed();
  }

  private async uploadAndSend(
    conversation: Conversation,
    activeTurn: ActiveTurn,
    draft: Draft,
    edited: Message | undefined,
  ): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        const images = await this.uploadImages(activeTurn, draft);
        activeTurn.setSending();
        await this.ensureSession(conversation);
        await this.stream(conversation, activeTurn, turnRequest(draft, images, edited), () => {
          if (edited === undefined) {
            draft.clear();
          } else {
            conversation.editing = undefined;
          }
        });
        return;
      } catch (failure) {
        // Files that no message shows are forgotten after a while; this page still has them.
        if (attempt > 0 || !isForgottenImage(failure)) {
          throw failure;
        }
        draft.attachments.forEach((attachment) => attachment.invalidate());
      }
    }
  }

  private async uploadImages(activeTurn: ActiveTurn, draft: Draft): Promise<string[]> {
    if (draft.attachments.some((attachment) => attachment.image === undefined)) {
      activeTurn.setUploading(draft.attachments.length);
      this.page.changed();
    }
    const limit = this.page.maxImageBytes();
    const images: Image[] = await Promise.all(
      draft.attachments.map((attachment) => attachment.upload(limit, this.page.changed)),
    );
    return images.map((image) => image.sha256);
  }

  private async ensureSession(conversation: Conversation): Promise<void> {
    if (conversation.id === "") {
      conversation.setSession(await api.createSession(conversation.settings));
      conversation.id = conversation.session?.id ?? "";
    }
  }

  /** Answers a message again. */
  async regenerate(conversation: Conversation, message: Message, requestId = randomId()): Promise<void> {
    if (conversation.activeTurn !== undefined) {
      return;
    }
    const activeTurn = this.begin(conversation);
    this.page.changed();
    try {
      await this.stream(conversation, activeTurn, { requestId, regenerate: { messageId: message.id } }, () => {});
    } catch (failure) {
      if (activeTurn.answerId === undefined && !activeTurn.stopping) {
        conversation.setProblem(toProblem(failure), () => void this.regenerate(conversation, message, requestId));
        this.page.announcer.end("");
      }
      await this.recover(conversation, activeTurn, failure);
    } finally {
      this.end(conversation);
    }
  }

  /** Ends the answer that is being written. */
  async stop(conversation: Conversation): Promise<void> {
    const activeTurn = conversation.activeTurn;
    if (activeTurn === undefined || activeTurn.stopping) {
      return;
    }
    activeTurn.stopping = true;
    this.page.changed();
    try {
      if (activeTurn.answerId === undefined || !(await api.stopAnswer(conversation.id)).stopped) {
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
    activeTurn.controller.signal.throwIfAborted();
    for await (const event of api.sendMessage(conversation.id, request, activeTurn.controller.signal)) {
      if (event.accepted !== undefined) {
        accepted();
      }
      this.handle(conversation, activeTurn, event);
      this.page.changed();
    }
  }

  private handle(conversation: Conversation, activeTurn: ActiveTurn, event: api.TurnEvent): void {
    const { announcer } = this.page;
    if (event.accepted !== undefined) {
      const { question, answer } = event.accepted;
      conversation.upsert(question);
      conversation.upsert({ ...answer, text: "", state: "MESSAGE_STATE_ANSWERING" });
      conversation.setHead(answer.id);
      activeTurn.answerId = answer.id;
      activeTurn.progress = new Progress(countImages(conversation.messages, question.id));
      this.page.started(conversation);
    } else if (event.stage !== undefined) {
      activeTurn.progress?.stage(event.stage);
    } else if (event.text !== undefined) {
      const answer = conversation.messages.find((message) => message.id === activeTurn.answerId);
      if (answer !== undefined) {
        conversation.upsert({ ...answer, text: answer.text + event.text.text });
      }
      announcer.append(event.text.text);
      return;
    } else if (event.done !== undefined) {
      conversation.upsert(event.done);
      announcer.end(event.done.state === "MESSAGE_STATE_STOPPED" ? "Stopped." : "");
      return;
    }
    announcer.announceIfSlow(activeTurn.status());
  }

  /** Shows at once what is known of the end, then asks the mesh what it kept. */
  private async recover(conversation: Conversation, activeTurn: ActiveTurn, failure: unknown): Promise<void> {
    const answer = conversation.messages.find((message) => message.id === activeTurn.answerId);
    if (answer !== undefined) {
      const reported = failure instanceof ApiError;
      conversation.upsert({
        ...answer,
        state: reported ? "MESSAGE_STATE_FAILED" : "MESSAGE_STATE_INTERRUPTED",
        error: reported ? failure.body.message : "",
      });
      this.page.announcer.end(reported ? "The answer failed." : "The answer was interrupted.");
    }
    this.page.changed();
    if (conversation.id !== "") {
      await this.page.reload(conversation).catch(() => undefined);
    }
  }
}

function turnRequest(draft: Draft, images: string[], edited: Message | undefined): api.TurnRequest {
  const requestId = draft.requestId();
  return edited === undefined
    ? { requestId, say: { text: draft.text, images } }
    : { requestId, edit: { messageId: edited.id, text: draft.text, images } };
}

function isForgottenImage(failure: unknown): boolean {
  return failure instanceof ApiError && failure.status === 404 && failure.param.includes("images");
}

/** How many pictures the model is shown for a question. */
function countImages(messages: readonly Message[], question: string): number {
  return branch(messages, question).reduce((sum, message) => sum + message.images.length, 0);
}
