// SPDX-License-Identifier: Apache-2.0
import type { StageDone } from "#proto/owlmesh/chat/v1/chat";

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
      return "Reading";
    }
    const shown = this.images - Math.min(this.first, this.images - 1);
    if (this.encoded.size < shown) {
      return this.label("Looking at the picture", this.encoded.size, shown);
    }
    if (this.resampled.size < shown) {
      return this.label("Condensing", this.resampled.size, shown);
    }
    return "Reading";
  }

  private label(doing: string, done: number, all: number): string {
    if (this.images === 1) {
      return doing;
    }
    const many = doing.replace("the picture", "the pictures");
    return done === 0 ? many : `${many}, ${done} of ${all} done`;
  }
}
