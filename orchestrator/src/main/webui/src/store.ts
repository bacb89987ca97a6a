// SPDX-License-Identifier: Apache-2.0
import { signal } from "@preact/signals";
import type { DescribeResponse, Feedback, Message, ModelState, SessionSettings } from "#proto/owlmesh/chat/v1/chat";
import { Announcer } from "./announcer";
import * as api from "./api";
import { Attachment } from "./attachments";
import { Conversation } from "./conversation";
import { Draft } from "./draft";
import { ApiError, type Problem, toProblem } from "./errors";
import { type Example, readExamples } from "./examples";
import { SessionList } from "./sessions";
import { latestLeaf } from "./tree";
import { Turns } from "./turns";
import { t } from "./language";
import { isVideo, videoFrames } from "./video";

const DEFAULT_MAX_IMAGE_BYTES = 20 * 1024 * 1024;
const DEFAULT_MAX_IMAGES = 16;
/** How long what was deleted can be had back, milliseconds. */
const UNDO = 8_000;

/** How the mesh is: whole, without some replicas, or not answering. */
export type Health = "unknown" | "well" | "partly" | "down";

/** What the store needs of the browser. */
export interface Navigation {
  /** Makes a conversation the one that the address names; the empty id is a new one. */
  goTo(id: string): void;
  /** The same, in place of where the page is. */
  replace(id: string): void;
  /** Tells other tabs that a conversation is another one now. */
  changed(id: string): void;
}

/** All that the page knows, and what can be done on it. Components redraw where they read a signal. */
export class Store {
  /** The model of the conversation; nothing while it does not tell of itself. */
  readonly mesh = signal<DescribeResponse>();
  /** Questions that fit the model of the conversation. */
  readonly examples = signal<readonly Example[]>([]);
  /** All models that may be chosen, those that do not answer now among them. */
  readonly models = signal<readonly ModelState[]>([]);
  /** Whether the mesh is shown in place of a conversation. */
  readonly meshShown = signal(false);
  readonly health = signal<Health>("unknown");
  /** Why the model of the conversation does not tell of itself. */
  readonly meshProblem = signal<Problem>();
  readonly list = new SessionList();
  /** Something that failed beside the conversation: loading the list, renaming, rating. */
  readonly notice = signal<Problem>();
  readonly current = signal(new Conversation(""));
  readonly announcer = new Announcer();
  readonly turns = new Turns({
    announcer: this.announcer,
    maxImageBytes: () => this.maxImageBytes,
    maxImages: () => this.maxImages,
    started: (conversation) => this.started(conversation),
    ended: (conversation) => this.navigation.changed(conversation.id),
    reload: (conversation) => this.load(conversation),
    gone: (conversation) => this.gone(conversation),
  });

  /** What {@link mesh} was asked for by. */
  private described: string | undefined;
  private unsaved = this.current.value;
  private undoTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly conversations = new Map<string, Conversation>();

  constructor(private readonly navigation: Navigation) {}

  get maxImageBytes(): number {
    return Number(this.mesh.value?.maxImageBytes ?? DEFAULT_MAX_IMAGE_BYTES);
  }

  get maxImages(): number {
    return this.mesh.value?.maxImages ?? DEFAULT_MAX_IMAGES;
  }

  /** Asks the mesh what the model of the current conversation is, until it tells. */
  async describe(): Promise<void> {
    const model = this.current.value.model.value;
    void this.listModels();
    try {
      const mesh = await api.describe(model).catch((failure: unknown) => {
        // Of one that is gone, the others are told; an answer says what is wrong.
        if (failure instanceof ApiError && failure.code === "model_not_found") {
          return api.describe("");
        }
        throw failure;
      });
      if (model === this.current.value.model.value) {
        this.mesh.value = mesh;
        this.described = model;
        this.meshProblem.value = undefined;
        void this.listExamples(model);
      }
    } catch (failure) {
      if (model === this.current.value.model.value) {
        if (model !== this.described) {
          this.mesh.value = undefined; // Adapters and limits of another one do not hold.
        }
        this.meshProblem.value = toProblem(failure);
        setTimeout(() => void this.describe(), 3_000);
      }
    }
  }

  private async listExamples(model: string): Promise<void> {
    const examples = await api.listExamples(model).then(readExamples, () => []);
    if (model === this.current.value.model.value) {
      this.examples.value = examples;
    }
  }

  /** Asks the mesh which models it has; what is known stays if it does not tell. */
  async listModels(): Promise<void> {
    this.models.value = await api.listModels().catch(() => this.models.value);
  }

  /** Asks the mesh how it is, and if that changed, which models answer. */
  async checkHealth(): Promise<void> {
    const before = this.health.value;
    try {
      const { serving, missing } = await api.health();
      this.health.value = serving ? (missing.length === 0 ? "well" : "partly") : "down";
    } catch {
      this.health.value = "down";
    }
    if (before !== this.health.value) {
      await this.listModels();
    }
  }

  private async attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (failure) {
      this.notice.value = toProblem(failure);
      return false;
    }
  }

  dismiss(): void {
    this.notice.value = undefined;
  }

  // The list.

  refreshList(): Promise<boolean> {
    return this.attempt(() => this.list.refresh());
  }

  /** Lists only conversations that hold a text; empty for all. */
  search(text: string): Promise<boolean> {
    return this.attempt(() => this.list.search(text));
  }

  loadMore(): Promise<boolean> {
    return this.attempt(() => this.list.loadMore());
  }

  rename(id: string, title: string): Promise<boolean> {
    return this.attempt(async () => {
      const session = await api.updateSession(id, { title });
      this.conversations.get(id)?.setSession(session);
      this.list.replace(session);
      this.navigation.changed(id);
    });
  }

  /** Takes conversations from the list at once, and from the mesh when nobody asked for them back for a while. */
  delete(ids: readonly string[]): void {
    void this.deleteNow();
    this.list.hidden.value = new Set(ids);
    this.undoTimer = setTimeout(() => void this.deleteNow(), UNDO);
    if (ids.includes(this.current.value.id)) {
      this.navigation.goTo("");
    }
  }

  undoDelete(): void {
    clearTimeout(this.undoTimer);
    this.list.hidden.value = new Set();
  }

  /** @param leaving whether the page goes away */
  deleteNow(leaving = false): Promise<boolean> {
    const ids = [...this.list.hidden.value];
    this.undoDelete();
    return this.attempt(async () => {
      ids.forEach((id) => this.list.remove(id));
      const ends = await Promise.allSettled(ids.map((id) => api.deleteSession(id, leaving).catch(unlessGone)));
      for (const id of ids.filter((_, i) => ends[i]?.status === "fulfilled")) {
        this.conversations.delete(id);
        this.navigation.changed(id);
      }
      if (ids.length > 0 && !leaving) {
        await this.list.refresh().catch(() => undefined); // What is still there is shown again, and what comes after.
      }
      const failed = ends.find((end) => end.status === "rejected");
      if (failed !== undefined) {
        throw failed.reason;
      }
    });
  }

  /** Another tab changed a conversation, or somebody may have: told again, unless this page is changing it. */
  async othersChanged(id: string): Promise<void> {
    const current = this.current.value;
    await this.list.refresh().catch(() => undefined);
    if (id !== "" && id === current.id && current.activeTurn.value === undefined) {
      await this.load(current).catch((failure: unknown) => this.goneIf(failure, current));
    }
  }

  // The conversation.

  /** Shows a conversation; the empty id is a new one. */
  show(id: string): void {
    if (id === this.current.value.id) {
      return;
    }
    const conversation = id === "" ? this.unsaved : this.conversation(id);
    this.current.value = conversation;
    this.dismiss(); // It was about the one before.
    if (id !== "" && conversation.activeTurn.value === undefined) {
      void this.open(conversation);
    }
  }

  private conversation(id: string): Conversation {
    const conversation = this.conversations.get(id) ?? new Conversation(id);
    this.conversations.set(id, conversation);
    return conversation;
  }

  private async open(conversation: Conversation): Promise<void> {
    conversation.failure.value = undefined;
    conversation.loading.value = conversation.session.value === undefined;
    try {
      await this.load(conversation);
    } catch (failure) {
      conversation.failure.value = { problem: toProblem(failure), retry: () => void this.open(conversation) };
      this.goneIf(failure, conversation);
    }
    conversation.loading.value = false;
  }

  private goneIf(failure: unknown, conversation: Conversation): void {
    if (failure instanceof ApiError && failure.code === "session_not_found") {
      this.gone(conversation);
    }
  }

  /** Nobody is left with a conversation that is not there: what was being written goes to a new one. */
  private gone(conversation: Conversation): void {
    this.conversations.delete(conversation.id);
    this.list.remove(conversation.id);
    if (conversation === this.current.value) {
      if (!conversation.draft.isEmpty.value) {
        this.unsaved.draft.takeFrom(conversation.draft);
      }
      this.navigation.replace("");
      this.show("");
      this.notice.value = {
        title: t("This conversation is not there any more."),
        detail: conversation.id,
        retryable: false,
      };
    }
  }

  private async load(conversation: Conversation): Promise<void> {
    const activeTurn = conversation.activeTurn.value;
    const { session, messages } = await api.getSession(conversation.id);
    if (conversation.activeTurn.value !== activeTurn) {
      return; // A turn has begun meanwhile, and tells more than this.
    }
    conversation.setSession(session);
    conversation.messages.value = messages;
    void this.turns.follow(conversation);
  }

  private started(conversation: Conversation): void {
    if (conversation === this.unsaved) {
      this.conversations.set(conversation.id, conversation);
      this.unsaved = new Conversation("");
      if (conversation === this.current.value) {
        this.navigation.goTo(conversation.id);
      }
    }
    this.navigation.changed(conversation.id);
    void this.list
      .refresh()
      .then(() => conversation.setTitle(this.list.find(conversation.id)?.title ?? ""))
      .catch(() => undefined);
  }

  // Messages.

  /** Adds pictures to a message, and frames of videos. */
  attach(draft: Draft, files: Iterable<File>): void {
    const all = [...files];
    this.attachPictures(draft, all.filter((file) => !isVideo(file)));
    for (const video of all.filter(isVideo)) {
      void this.attachVideo(draft, video);
    }
  }

  private attachPictures(draft: Draft, files: readonly File[]): void {
    if (files.length === 0) {
      return;
    }
    const attachments = files.map((file) => Attachment.ofFile(file));
    draft.attach(attachments);
    attachments.forEach((attachment) => this.upload(attachment));
  }

  private async attachVideo(draft: Draft, video: File): Promise<void> {
    this.announcer.announce(t("Taking pictures from {name}", { name: video.name }));
    draft.preparing.value++;
    try {
      const frames = await videoFrames(video, this.maxImages - draft.attachments.value.length);
      if (this.isWritten(draft)) {
        // Of a video that the browser cannot read, the mesh says what it takes.
        this.attachPictures(draft, frames.length > 0 ? frames : [video]);
      }
    } finally {
      draft.preparing.value--;
    }
  }

  /** Whether a draft is one of a conversation that is known, and not one that was given up. */
  private isWritten(draft: Draft): boolean {
    return [this.unsaved, this.current.value, ...this.conversations.values()].some(
      (conversation) => conversation.draft === draft || conversation.editing.value?.draft === draft,
    );
  }

  /** Sends a picture; what fails is told beside it. */
  upload(attachment: Attachment): void {
    void attachment.upload(this.maxImageBytes).catch(() => undefined);
  }

  /** Begins to say a message otherwise, with its pictures. */
  startEdit(message: Message): void {
    const draft = new Draft();
    draft.setText(message.text);
    draft.attach(message.images.map((image, i) => Attachment.ofImage(image, t("Picture {n}", { n: i + 1 }))));
    this.current.value.editing.value = { message, draft };
  }

  cancelEdit(): void {
    const { editing } = this.current.value;
    editing.value?.draft.clear();
    editing.value = undefined;
  }

  /** Makes another message of the same place the one that is shown, and what came after it. */
  async switchTo(message: Message): Promise<void> {
    const conversation = this.current.value;
    const before = conversation.session.value?.head ?? "";
    const head = latestLeaf(conversation.messages.value, message.id);
    conversation.failure.value = undefined;
    conversation.setHead(head);
    try {
      await api.updateSession(conversation.id, { head });
      this.navigation.changed(conversation.id);
    } catch (failure) {
      conversation.setHead(before);
      conversation.failure.value = { problem: toProblem(failure), retry: () => void this.switchTo(message) };
    }
  }

  rate(message: Message, feedback: Feedback): Promise<boolean> {
    const conversation = this.current.value;
    return this.attempt(async () => {
      conversation.upsert(await api.setFeedback(conversation.id, message.id, feedback));
    });
  }

  /** Throws if the mesh does not take them. */
  async updateSettings(settings: SessionSettings): Promise<void> {
    const conversation = this.current.value;
    if (conversation.id === "") {
      conversation.settings.value = settings;
    } else {
      // One after the other, or an earlier choice could win.
      const saved = conversation.saving.then(() => api.updateSession(conversation.id, { settings }));
      conversation.saving = saved.catch(() => undefined);
      conversation.setSession(await saved);
      this.navigation.changed(conversation.id);
    }
  }
}

/** What is gone already need not be deleted. */
function unlessGone(failure: unknown): void {
  if (!(failure instanceof ApiError && failure.code === "session_not_found")) {
    throw failure;
  }
}
