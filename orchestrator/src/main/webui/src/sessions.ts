// SPDX-License-Identifier: Apache-2.0
import { computed, signal } from "@preact/signals";
import type { Session } from "#proto/owlmesh/chat/v1/chat";
import * as api from "./api";

const PAGE_SIZE = 30;
const LARGEST_PAGE = 200;

/** The conversations that the mesh keeps, as far as they were asked for. */
export class SessionList {
  /** What all of them hold; empty for no condition. */
  readonly query = signal("");
  /** Those that are about to be deleted. */
  readonly hidden = signal<ReadonlySet<string>>(new Set());
  readonly sessions = signal<readonly Session[]>([]);
  /** Those to show: nothing was ever said in one without title and head, whose first message did not get through. */
  readonly shown = computed(() =>
    this.sessions.value.filter(({ id, title, head }) => !this.hidden.value.has(id) && (title !== "" || head !== "")),
  );
  readonly nextPageToken = signal("");
  /** What was told before a change by this page is not shown after it. */
  private changes = 0;

  /** Tells again all that is shown: others may have added, renamed and deleted. */
  async refresh(): Promise<void> {
    const changes = ++this.changes;
    const query = this.query.value;
    const wanted = Math.max(PAGE_SIZE, this.sessions.value.length);
    const found: Session[] = [];
    let token = "";
    do {
      const page = await api.listSessions(Math.min(wanted - found.length, LARGEST_PAGE), token, query);
      found.push(...page.sessions);
      token = page.nextPageToken;
    } while (found.length < wanted && token !== "");
    if (changes === this.changes) {
      this.sessions.value = found;
      this.nextPageToken.value = token;
    }
  }

  async search(query: string): Promise<void> {
    this.query.value = query;
    this.sessions.value = [];
    await this.refresh();
  }

  async loadMore(): Promise<void> {
    const changes = ++this.changes;
    const page = await api.listSessions(PAGE_SIZE, this.nextPageToken.value, this.query.value);
    if (changes !== this.changes) {
      return; // Something else is searched for, or the list was told anew.
    }
    const here = new Set(this.sessions.value.map((session) => session.id));
    this.sessions.value = [...this.sessions.value, ...page.sessions.filter((session) => !here.has(session.id))];
    this.nextPageToken.value = page.nextPageToken;
  }

  find(id: string): Session | undefined {
    return this.sessions.value.find((session) => session.id === id);
  }

  /** The mesh told how a session is now. */
  replace(session: Session): void {
    this.changes++;
    this.sessions.value = this.sessions.value.map((other) => (other.id === session.id ? session : other));
  }

  remove(id: string): void {
    this.changes++;
    this.sessions.value = this.sessions.value.filter((session) => session.id !== id);
  }
}
