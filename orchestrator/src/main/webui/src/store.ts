// SPDX-License-Identifier: Apache-2.0
import type { DescribeResponse, Feedback, Message, Session, SessionSettings } from "#proto/owlmesh/chat/v1/chat";
import { Announcer } from "./announcer";
import * as api from "./api";
import { Attachment } from "./attachments";
import { Conversation, Draft } from "./conversation";
import { type Problem, problem } from "./errors";
import { latestLeaf } from "./tree";
import { Turns } from "./turns";

const PAGE = 30;
const USUAL_IMAGE_BYTES = 20 * 1024 * 1024;
const ROUTE = /^#\/c\/([0-9a-zA-Z-]+)$/;

/** All that the page knows, and what can be done on it. */
export class Store {
  mesh: DescribeResponse | undefined;
  /** Why the mesh does not tell of itself. */
  meshProblem: Problem | undefined;
  sessions: Session[] = [];
  nextPage = "";
  /** Something that failed beside the conversation: loading the list, renaming, rating. */
  notice: Problem | undefined;
  current = new Conversation("");
  readonly announcer = new Announcer(() => this.changed());
  readonly turns = new Turns({
    announcer: this.announcer,
    changed: () => this.changed(),
    maxImageBytes: () => Number(this.mesh?.maxImageBytes ?? USUAL_IMAGE_BYTES),
    begun: (conversation) => this.begun(conversation),
    reload: (conversation) => this.load(conversation),
  });

  private fresh = this.current;
  private readonly known = new Map<string, Conversation>();
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
      this.meshProblem = problem(failure);
      setTimeout(() => void this.describe(), 3_000);
    }
    this.changed();
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (failure) {
      this.notice = problem(failure);
    }
    this.changed();
  }

  dismiss(): void {
    this.notice = undefined;
    this.changed();
  }

  // The list.

  private async refreshList(): Promise<void> {
    const page = await api.listSessions(PAGE, "");
    const first = new Set(page.sessions.map((session) => session.id));
    const rest = this.sessions.filter((session) => !first.has(session.id));
    if (rest.length === 0) {
      this.nextPage = page.nextPageToken;
    }
    this.sessions = [...page.sessions, ...rest];
    this.changed();
  }

  more(): Promise<void> {
    return this.attempt(async () => {
      const page = await api.listSessions(PAGE, this.nextPage);
      const here = new Set(this.sessions.map((session) => session.id));
      this.sessions.push(...page.sessions.filter((session) => !here.has(session.id)));
      this.nextPage = page.nextPageToken;
    });
  }

  rename(id: string, title: string): Promise<void> {
    return this.attempt(async () => this.took(await api.updateSession(id, { title })));
  }

  delete(id: string): Promise<void> {
    return this.attempt(async () => {
      await api.deleteSession(id);
      this.sessions = this.sessions.filter((session) => session.id !== id);
      this.known.delete(id);
      if (this.current.id === id) {
        location.hash = "#/";
      }
    });
  }

  /** The mesh told how a session is now. */
  private took(session: Session): void {
    this.known.get(session.id)?.take(session);
    this.sessions = this.sessions.map((other) => (other.id === session.id ? session : other));
  }

  // The conversation.

  private route(): void {
    const id = ROUTE.exec(location.hash)?.[1] ?? "";
    if (id === this.current.id) {
      return;
    }
    this.current = id === "" ? this.fresh : this.conversation(id);
    if (id !== "" && this.current.live === undefined) {
      void this.open(this.current);
    }
    this.changed();
  }

  private conversation(id: string): Conversation {
    const conversation = this.known.get(id) ?? new Conversation(id);
    this.known.set(id, conversation);
    return conversation;
  }

  private async open(conversation: Conversation): Promise<void> {
    conversation.forgetProblem();
    conversation.loading = conversation.session === undefined;
    try {
      await this.load(conversation);
    } catch (failure) {
      conversation.fail(problem(failure), () => void this.open(conversation));
    }
    conversation.loading = false;
    this.changed();
  }

  private async load(conversation: Conversation): Promise<void> {
    const { live } = conversation;
    const { session, messages } = await api.getSession(conversation.id);
    if (conversation.live !== live) {
      return; // A turn has begun meanwhile, and tells more than this.
    }
    conversation.take(session);
    conversation.messages = messages;
    this.changed();
    if (conversation.isAnswering) {
      // By another page; or by the one that was here before, and then it is interrupted in a moment.
      setTimeout(() => this.look(conversation), 1_000);
    }
  }

  private look(conversation: Conversation): void {
    if (conversation === this.current && conversation.live === undefined && conversation.isAnswering) {
      void this.load(conversation).catch(() => setTimeout(() => this.look(conversation), 1_000));
    }
  }

  private begun(conversation: Conversation): void {
    if (conversation === this.fresh) {
      this.known.set(conversation.id, conversation);
      this.fresh = new Conversation("");
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
        .upload(Number(this.mesh?.maxImageBytes ?? USUAL_IMAGE_BYTES), () => this.changed())
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

  write(draft: Draft, text: string): void {
    draft.text = text;
    draft.changed();
    this.changed();
  }

  /** Begins to say a message otherwise, with its pictures. */
  edit(message: Message): void {
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
  async show(message: Message): Promise<void> {
    const conversation = this.current;
    const before = conversation.session?.head ?? "";
    const head = latestLeaf(conversation.messages, message.id);
    conversation.forgetProblem();
    conversation.moveTo(head);
    this.changed();
    try {
      await api.updateSession(conversation.id, { head });
    } catch (failure) {
      conversation.moveTo(before);
      conversation.fail(problem(failure), () => void this.show(message));
    }
    this.changed();
  }

  async rate(message: Message, feedback: Feedback): Promise<boolean> {
    const conversation = this.current;
    let kept = false;
    await this.attempt(async () => {
      conversation.put(await api.setFeedback(conversation.id, message.id, feedback));
      kept = true;
    });
    return kept;
  }

  /** Throws if the mesh does not take them. */
  async configure(settings: SessionSettings): Promise<void> {
    const conversation = this.current;
    if (conversation.id === "") {
      conversation.settings = settings;
    } else {
      conversation.take(await api.updateSession(conversation.id, { settings }));
    }
    this.changed();
  }
}
