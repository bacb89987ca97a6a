// SPDX-License-Identifier: Apache-2.0
import type { DescribeResponse, Feedback, Message, Session, SessionSettings } from "#proto/owlmesh/chat/v1/chat";
import { Announcer } from "./announcer";
import * as api from "./api";
import { Attachment } from "./attachments";
import { Conversation, Draft } from "./conversation";
import { type Problem, toProblem } from "./errors";
import { latestLeaf } from "./tree";
import { Turns } from "./turns";

const PAGE_SIZE = 30;
const DEFAULT_MAX_IMAGE_BYTES = 20 * 1024 * 1024;
const ROUTE = /^#\/c\/([0-9a-zA-Z-]+)$/;

/** All that the page knows, and what can be done on it. */
export class Store {
  mesh: DescribeResponse | undefined;
  /** Why the mesh does not tell of itself. */
  meshProblem: Problem | undefined;
  sessions: Session[] = [];
  nextPageToken = "";
  /** Something that failed beside the conversation: loading the list, renaming, rating. */
  notice: Problem | undefined;
  current = new Conversation("");
  readonly announcer = new Announcer(() => this.changed());
  readonly turns = new Turns({
    announcer: this.announcer,
    changed: () => this.changed(),
    maxImageBytes: () => Number(this.mesh?.maxImageBytes ?? DEFAULT_MAX_IMAGE_BYTES),
    started: (conversation) => this.started(conversation),
    reload: (conversation) => this.load(conversation),
  });

  private unsaved = this.current;
  private readonly conversations = new Map<string, Conversation>();
  private readonly listeners = new Set<() => void>();
  private scheduled = false;

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    // What was there before anybody listened was told to nobody.
    this.changed();
    return () => this.listeners.delete(listener);
  }

  /** Shows what changed, once a frame: tokens may come faster than anyone sees them. */
  changed(): void {
    if (!this.scheduled) {
      this.scheduled = true;
      requestAnimationFrame(() => {
        this.scheduled = false;
        this.listeners.forEach((listener) => listener());
      });
    }
  }

  start(): void {
    window.addEventListener("hashchange", () => this.route());
    this.route();
    void this.describe();
    void this.attempt(() => this.refreshList());
  }

  private async describe(): Promise<void> {
    try {
      this.mesh = await api.describe();
      this.meshProblem = undefined;
    } catch (failure) {
      this.meshProblem = toProblem(failure);
      setTimeout(() => void this.describe(), 3_000);
    }
    this.changed();
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (failure) {
      this.notice = toProblem(failure);
    }
    this.changed();
  }

  dismiss(): void {
    this.notice = undefined;
    this.changed();
  }

  // The list.

  private async refreshList(): Promise<void> {
    const page = await api.listSessions(PAGE_SIZE, "");
    const first = new Set(page.sessions.map((session) => session.id));
    const rest = this.sessions.filter((session) => !first.has(session.id));
    if (rest.length === 0) {
      this.nextPageToken = page.nextPageToken;
    }
    this.sessions = [...page.sessions, ...rest];
    this.changed();
  }

  loadMore(): Promise<void> {
    return this.attempt(async () => {
      const page = await api.listSessions(PAGE_SIZE, this.nextPageToken);
      const here = new Set(this.sessions.map((session) => session.id));
      this.sessions.push(...page.sessions.filter((session) => !here.has(session.id)));
      this.nextPageToken = page.nextPageToken;
    });
  }

  rename(id: string, title: string): Promise<void> {
    return this.attempt(async () => this.replaceSession(await api.updateSession(id, { title })));
  }

  delete(id: string): Promise<void> {
    return this.attempt(async () => {
      await api.deleteSession(id);
      this.sessions = this.sessions.filter((session) => session.id !== id);
      this.conversations.delete(id);
      if (this.current.id === id) {
        location.hash = "#/";
      }
    });
  }

  /** The mesh told how a session is now. */
  private replaceSession(session: Session): void {
    this.conversations.get(session.id)?.setSession(session);
    this.sessions = this.sessions.map((other) => (other.id === session.id ? session : other));
  }

  // The conversation.

  private route(): void {
    const id = ROUTE.exec(location.hash)?.[1] ?? "";
    if (id === this.current.id) {
      return;
    }
    this.current = id === "" ? this.unsaved : this.conversation(id);
    if (id !== "" && this.current.activeTurn === undefined) {
      void this.open(this.current);
    }
    this.changed();
  }

  private conversation(id: string): Conversation {
    const conversation = this.conversations.get(id) ?? new Conversation(id);
    this.conversations.set(id, conversation);
    return conversation;
  }

  private async open(conversation: Conversation): Promise<void> {
    conversation.clearProblem();
    conversation.loading = conversation.session === undefined;
    try {
      await this.load(conversation);
    } catch (failure) {
      conversation.setProblem(toProblem(failure), () => void this.open(conversation));
    }
    conversation.loading = false;
    this.changed();
  }

  private async load(conversation: Conversation): Promise<void> {
    const { activeTurn } = conversation;
    const { session, messages } = await api.getSession(conversation.id);
    if (conversation.activeTurn !== activeTurn) {
      return; // A turn has begun meanwhile, and tells more than this.
    }
    conversation.setSession(session);
    conversation.messages = messages;
    this.changed();
    if (conversation.isAnswering) {
      // By another page; or by the one that was here before, and then it is interrupted in a moment.
      setTimeout(() => this.poll(conversation), 1_000);
    }
  }

  private poll(conversation: Conversation): void {
    if (conversation === this.current && conversation.activeTurn === undefined && conversation.isAnswering) {
      void this.load(conversation).catch(() => setTimeout(() => this.poll(conversation), 1_000));
    }
  }

  private started(conversation: Conversation): void {
    if (conversation === this.unsaved) {
      this.conversations.set(conversation.id, conversation);
      this.unsaved = new Conversation("");
      if (conversation === this.current) {
        history.pushState(null, "", `#/c/${conversation.id}`);
      }
    }
    void this.refreshList()
      .then(() => {
        const listed = this.sessions.find((session) => session.id === conversation.id);
        if (listed !== undefined && conversation.session !== undefined) {
          conversation.session = { ...conversation.session, title: listed.title };
        }
      })
      .catch(() => undefined);
  }

  // Messages.

  attach(draft: Draft, files: Iterable<File>): void {
    for (const file of files) {
      const attachment = Attachment.ofFile(file);
      draft.attachments.push(attachment);
      // What fails is told beside the picture.
      void attachment
        .upload(Number(this.mesh?.maxImageBytes ?? DEFAULT_MAX_IMAGE_BYTES), () => this.changed())
        .catch(() => undefined);
    }
    draft.changed();
    this.changed();
  }

  detach(draft: Draft, attachment: Attachment): void {
    draft.attachments = draft.attachments.filter((other) => other !== attachment);
    attachment.release();
    draft.changed();
    this.changed();
  }

  setText(draft: Draft, text: string): void {
    draft.text = text;
    draft.changed();
    this.changed();
  }

  /** Begins to say a message otherwise, with its pictures. */
  startEdit(message: Message): void {
    const draft = new Draft();
    draft.text = message.text;
    draft.attachments = message.images.map((image, i) =>
      Attachment.ofImage(image, `Picture ${i + 1}`),
    );
    this.current.editing = { message, draft };
    this.changed();
  }

  cancelEdit(): void {
    this.current.editing?.draft.clear();
    this.current.editing = undefined;
    this.changed();
  }

  /** Makes another message of the same place the one that is shown, and what came after it. */
  async switchTo(message: Message): Promise<void> {
    const conversation = this.current;
    const before = conversation.session?.head ?? "";
    const head = latestLeaf(conversation.messages, message.id);
    conversation.clearProblem();
    conversation.setHead(head);
    this.changed();
    try {
      await api.updateSession(conversation.id, { head });
    } catch (failure) {
      conversation.setHead(before);
      conversation.setProblem(toProblem(failure), () => void this.switchTo(message));
    }
    this.changed();
  }

  async rate(message: Message, feedback: Feedback): Promise<boolean> {
    const conversation = this.current;
    let kept = false;
    await this.attempt(async () => {
      conversation.upsert(await api.setFeedback(conversation.id, message.id, feedback));
      kept = true;
    });
    return kept;
  }

  /** Throws if the mesh does not take them. */
  async updateSettings(settings: SessionSettings): Promise<void> {
    const conversation = this.current;
    if (conversation.id === "") {
      conversation.settings = settings;
    } else {
      conversation.setSession(await api.updateSession(conversation.id, { settings }));
    }
    this.changed();
  }
}
