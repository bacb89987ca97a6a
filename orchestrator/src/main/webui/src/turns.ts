// SPDX-License-Identifier: Apache-2.0
import type { Image, Message } from "#proto/owlmesh/chat/v1/chat";
import type { Announcer } from "./announcer";
import * as api from "./api";
import { type Conversation, type Draft, LiveTurn, randomKey } from "./conversation";
import { ApiError, problem } from "./errors";
import { Progress } from "./progress";
import { branch } from "./tree";

/** What turns need of the page. */
export interface Surroundings {
  announcer: Announcer;
  changed(): void;
  maxImageBytes(): number;
  /** A conversation has its id, or a new place in the list. */
  begun(conversation: Conversation): void;
  reload(conversation: Conversation): Promise<void>;
}

/** Takes turns in conversations; one at a time in each. */
export class Turns {
  constructor(private readonly page: Surroundings) {}

  /** Says what a draft holds; as an earlier message said otherwise, if one is named. */
  async send(conversation: Conversation, draft: Draft, edited?: Message): Promise<void> {
    if (conversation.live !== undefined || draft.isEmpty) {
      return;
    }
    const live = this.begin(conversation);
    draft.problem = undefined;
    draft.sending = true;
    this.page.changed();
    try {
      await this.deliver(conversation, live, draft, edited);
    } catch (failure) {
      if (live.answerId === undefined && !live.stopping) {
        draft.problem = problem(failure);
        this.page.announcer.end("");
      }
      await this.broken(conversation, live, failure);
    } finally {
      draft.sending = false;
      this.end(conversation);
    }
  }

  private begin(conversation: Conversation): LiveTurn {
    const live = new LiveTurn();
    conversation.live = live;
    conversation.forgetProblem();
    this.page.announcer.begin();
    this.page.announcer.sayIfSlow("Sending");
    return live;
  }

  private end(conversation: Conversation): void {
    conversation.live = undefined;
    this.page.changed();
  }

  private async deliver(
    conversation: Conversation,
    live: LiveTurn,
    draft: Draft,
    edited: Message | undefined,
  ): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        const images = await this.uploaded(live, draft);
        live.sends();
        await this.ensureBegun(conversation);
        await this.follow(conversation, live, request(draft, images, edited), () => {
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
        draft.attachments.forEach((attachment) => attachment.forget());
      }
    }
  }

  private async uploaded(live: LiveTurn, draft: Draft): Promise<string[]> {
    if (draft.attachments.some((attachment) => attachment.image === undefined)) {
      live.uploads(draft.attachments.length);
      this.page.changed();
    }
    const limit = this.page.maxImageBytes();
    const images: Image[] = await Promise.all(
      draft.attachments.map((attachment) => attachment.upload(limit, this.page.changed)),
    );
    return images.map((image) => image.sha256);
  }

  private async ensureBegun(conversation: Conversation): Promise<void> {
    if (conversation.id === "") {
      conversation.take(await api.createSession(conversation.settings));
      conversation.id = conversation.session?.id ?? "";
    }
  }

  /** Answers a message again. */
  async regenerate(conversation: Conversation, message: Message, requestId = randomKey()): Promise<void> {
    if (conversation.live !== undefined) {
      return;
    }
    const live = this.begin(conversation);
    this.page.changed();
    try {
      await this.follow(conversation, live, { requestId, regenerate: { messageId: message.id } }, () => {});
    } catch (failure) {
      if (live.answerId === undefined && !live.stopping) {
        conversation.fail(problem(failure), () => void this.regenerate(conversation, message, requestId));
        this.page.announcer.end("");
      }
      await this.broken(conversation, live, failure);
    } finally {
      this.end(conversation);
    }
  }

  /** Ends the answer that is being written. */
  async stop(conversation: Conversation): Promise<void> {
    const live = conversation.live;
    if (live === undefined || live.stopping) {
      return;
    }
    live.stopping = true;
    this.page.changed();
    try {
      if (live.answerId === undefined || !(await api.stopAnswer(conversation.id)).stopped) {
        live.controller.abort();
      }
    } catch {
      live.controller.abort();
    }
  }

  private async follow(
    conversation: Conversation,
    live: LiveTurn,
    asked: api.TurnRequest,
    accepted: () => void,
  ): Promise<void> {
    live.controller.signal.throwIfAborted();
    for await (const event of api.takeTurn(conversation.id, asked, live.controller.signal)) {
      if (event.accepted !== undefined) {
        accepted();
      }
      this.hear(conversation, live, event);
      this.page.changed();
    }
  }

  private hear(conversation: Conversation, live: LiveTurn, event: api.TurnEvent): void {
    const { announcer } = this.page;
    if (event.accepted !== undefined) {
      const { question, answer } = event.accepted;
      conversation.put(question);
      conversation.put({ ...answer, text: "", state: "MESSAGE_STATE_ANSWERING" });
      conversation.moveTo(answer.id);
      live.answerId = answer.id;
      live.progress = new Progress(picturesOf(conversation.messages, question.id));
      this.page.begun(conversation);
    } else if (event.stage !== undefined) {
      live.progress?.stage(event.stage);
    } else if (event.text !== undefined) {
      const answer = conversation.messages.find((message) => message.id === live.answerId);
      if (answer !== undefined) {
        conversation.put({ ...answer, text: answer.text + event.text.text });
      }
      announcer.more(event.text.text);
      return;
    } else if (event.done !== undefined) {
      conversation.put(event.done);
      announcer.end(event.done.state === "MESSAGE_STATE_STOPPED" ? "Stopped." : "");
      return;
    }
    announcer.sayIfSlow(live.words());
  }

  /** Shows at once what is known of the end, then asks the mesh what it kept. */
  private async broken(conversation: Conversation, live: LiveTurn, failure: unknown): Promise<void> {
    const answer = conversation.messages.find((message) => message.id === live.answerId);
    if (answer !== undefined) {
      const told = failure instanceof ApiError;
      conversation.put({
        ...answer,
        state: told ? "MESSAGE_STATE_FAILED" : "MESSAGE_STATE_INTERRUPTED",
        error: told ? failure.body.message : "",
      });
      this.page.announcer.end(told ? "The answer failed." : "The answer was interrupted.");
    }
    this.page.changed();
    if (conversation.id !== "") {
      await this.page.reload(conversation).catch(() => undefined);
    }
  }
}

function request(draft: Draft, images: string[], edited: Message | undefined): api.TurnRequest {
  const requestId = draft.requestId();
  return edited === undefined
    ? { requestId, say: { text: draft.text, images } }
    : { requestId, edit: { messageId: edited.id, text: draft.text, images } };
}

function isForgottenImage(failure: unknown): boolean {
  return failure instanceof ApiError && failure.status === 404 && failure.param.includes("images");
}

/** How many pictures the model is shown for a question. */
function picturesOf(messages: readonly Message[], question: string): number {
  return branch(messages, question).reduce((sum, message) => sum + message.images.length, 0);
}
