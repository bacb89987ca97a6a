// SPDX-License-Identifier: Apache-2.0
import { computed, signal } from "@preact/signals";
import type { Attachment } from "./attachments";
import type { Problem } from "./errors";

/** What was in a draft when it was sent. */
export interface Sent {
  text: string;
  attachments: readonly Attachment[];
  /** Says that sending again is the same turn, not one more. */
  requestId: string;
}

/** A message that is being written. It stays until the mesh has it, and can be written on meanwhile. */
export class Draft {
  readonly text = signal("");
  readonly attachments = signal<readonly Attachment[]>([]);
  readonly problem = signal<Problem>();
  readonly sending = signal(false);
  /** Videos that pictures are being taken from; they belong to this message. */
  readonly preparing = signal(0);
  readonly isEmpty = computed(() => this.text.value.trim() === "" && this.attachments.value.length === 0);
  private requestId: string | undefined;

  setText(text: string): void {
    this.text.value = text;
    this.changed();
  }

  attach(attachments: readonly Attachment[]): void {
    this.attachments.value = [...this.attachments.value, ...attachments];
    this.changed();
  }

  detach(attachment: Attachment): void {
    this.attachments.value = this.attachments.value.filter((other) => other !== attachment);
    attachment.release();
    this.changed();
  }

  /** It is another message now. */
  private changed(): void {
    this.requestId = undefined;
    this.problem.value = undefined;
  }

  /** What to send now. */
  send(): Sent {
    this.requestId ??= randomId();
    this.problem.value = undefined;
    return { text: this.text.value, attachments: this.attachments.value, requestId: this.requestId };
  }

  /** The mesh has it: what was added since stays for the next message. */
  accepted({ text, attachments }: Sent): void {
    attachments.forEach((attachment) => attachment.release());
    this.attachments.value = this.attachments.value.filter((kept) => !attachments.includes(kept));
    this.text.value = this.text.value.startsWith(text) ? this.text.value.slice(text.length) : this.text.value;
    this.changed();
  }

  /** Takes over what another draft holds, which is empty then. */
  takeFrom(other: Draft): void {
    this.text.value = other.text.value;
    this.attachments.value = other.attachments.value;
    this.changed();
    other.text.value = "";
    other.attachments.value = [];
    other.changed();
  }

  clear(): void {
    this.accepted({ text: this.text.value, attachments: this.attachments.value, requestId: "" });
  }
}

/** crypto.randomUUID is there on pages of https and localhost alone. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
