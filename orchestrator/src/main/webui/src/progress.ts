// SPDX-License-Identifier: Apache-2.0
import type { StageDone } from "#proto/owlmesh/chat/v1/chat";
import { t } from "./language";

/** How far an answer has come before its first word. */
export class Progress {
  private readonly encoded = new Set<number>();
  private readonly resampled = new Set<number>();
  private first = Number.POSITIVE_INFINITY;

  /** @param images shown on the branch; of a long one, the first may be left out */
  constructor(private readonly images: number) {}

  stage(done: StageDone): void {
    this.first = Math.min(this.first, done.imageIndex);
    this.encoded.add(done.imageIndex);
    if (done.stage === "STAGE_ABSTRACTOR") {
      this.resampled.add(done.imageIndex);
    }
  }

  /** What the mesh does now. */
  status(): string {
    if (this.images === 0) {
      return t("Reading");
    }
    const shown = this.images - Math.min(this.first, this.images - 1);
    if (this.encoded.size < shown) {
      return this.label(t(this.images === 1 ? "Looking at the picture" : "Looking at the pictures"), this.encoded.size, shown);
    }
    if (this.resampled.size < shown) {
      return this.label(t("Condensing"), this.resampled.size, shown);
    }
    return t("Reading");
  }

  private label(doing: string, done: number, all: number): string {
    return this.images === 1 || done === 0 ? doing : t("{doing}, {done} of {all} done", { doing, done, all });
  }
}
