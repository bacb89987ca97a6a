// SPDX-License-Identifier: Apache-2.0
import { signal } from "@preact/signals";
import type { Image } from "#proto/owlmesh/chat/v1/chat";
import * as api from "./api";
import { ApiError, type Problem, toProblem } from "./errors";

export const ACCEPTED_TYPES = "image/jpeg,image/png,image/gif,image/bmp,image/webp";

let last = 0;

/** A picture of a message that is being written: a file of this computer, or one that the mesh has. */
export class Attachment {
  readonly key = `picture-${++last}`;
  readonly problem = signal<Problem>();
  readonly isUploading = signal(false);
  private image: Image | undefined;
  private uploading: Promise<Image> | undefined;

  private constructor(
    readonly name: string,
    /** Where the page finds it. */
    readonly url: string,
    private readonly file: Blob | undefined,
  ) {}

  static ofFile(file: File): Attachment {
    return new Attachment(file.name, URL.createObjectURL(file), file);
  }

  static ofImage(image: Image, name: string): Attachment {
    const attachment = new Attachment(name, api.imageUrl(image), undefined);
    attachment.image = image;
    return attachment;
  }

  /** Whether the mesh has it. */
  get isUploaded(): boolean {
    return this.image !== undefined;
  }

  /** Whether the mesh will never take it. */
  get isRefused(): boolean {
    return this.problem.value?.retryable === false;
  }

  /** Sends the file, unless the mesh has it. What fails is told beside the picture, and may be tried again. */
  async upload(maxBytes: number): Promise<Image> {
    if (this.image !== undefined) {
      return this.image;
    }
    this.uploading ??= this.send(maxBytes);
    this.isUploading.value = true;
    this.problem.value = undefined;
    try {
      this.image = await this.uploading;
      return this.image;
    } catch (failure) {
      this.problem.value = toProblem(failure);
      throw failure;
    } finally {
      this.uploading = undefined;
      this.isUploading.value = false;
    }
  }

  private async send(maxBytes: number): Promise<Image> {
    const file = this.file ?? new Blob();
    if (file.size > maxBytes) {
      throw new ApiError(413, {
        message: `${this.name} has ${file.size} bytes, at most ${maxBytes} are allowed`,
        type: "invalid_request_error",
        param: "image",
        code: "image_too_large",
      });
    }
    return api.uploadImage(file);
  }

  /** The mesh forgot it: it has to be sent again. */
  invalidate(): void {
    if (this.file !== undefined) {
      this.image = undefined;
    }
  }

  release(): void {
    if (this.file !== undefined) {
      URL.revokeObjectURL(this.url);
    }
  }
}
