// SPDX-License-Identifier: Apache-2.0
import { signal } from "@preact/signals";

interface Line {
  /** Tells lines with the same text apart. */
  key: number;
  text: string;
}

/** What a screen reader says beside the page: an answer sentence by sentence, and what takes long. */
export class Announcer {
  /** Said in this order. */
  readonly lines = signal<readonly Line[]>([]);
  private last = 0;
  private pending = "";
  private timer: ReturnType<typeof setTimeout> | undefined;

  announce(text: string): void {
    if (text.trim() !== "") {
      this.lines.value = [...this.lines.value.slice(-40), { key: ++this.last, text: text.trim() }];
    }
  }

  /** Said only if it is still so after a while: a quick mesh need not comment on itself. */
  announceIfSlow(text: string): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.announce(text), 1_000);
  }

  begin(): void {
    this.pending = "";
    this.lines.value = [];
  }

  append(text: string): void {
    clearTimeout(this.timer);
    this.pending += text;
    const end = /^[\s\S]*[.!?。！？\n](?=\s|$)/.exec(this.pending);
    if (end !== null && end[0].length > 24) {
      this.announce(end[0]);
      this.pending = this.pending.slice(end[0].length);
    }
  }

  end(closing: string): void {
    clearTimeout(this.timer);
    this.announce(this.pending);
    this.pending = "";
    this.announce(closing);
  }
}
