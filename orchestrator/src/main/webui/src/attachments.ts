// SPDX-License-Identifier: Apache-2.0
import type { Image } from "#proto/owlmesh/chat/v1/chat";
import * as api from "./api";
import { ApiError, type Problem, toProblem } from "./errors";

export const ACCEPTED_TYPES = "image/jpeg,image/png,image/gif,image/bmp,image/webp";

let last = 0;

/** A picture of a message that is being written: a file of this computer, or one that the mesh has. */
export class Attachment {
  readonly key = `picture-${++last}`;
  image: Image | undefined;
  problem: Problem | undefined;
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

  get isUploading(): boolean {
    return this.uploading !== undefined;
  }

  /** Sends the file, unless the mesh has it. What fails may be tried again. */
  async upload(maxBytes: number, changed: () => void): Promise<Image> {
    if (this.image !== undefined) {
      return this.image;
    }
    this.uploading ??= this.send(maxBytes);
    this.problem = undefined;
    changed();
    try {
      this.image = await this.uploading;
      return this.image;
    } catch (failure) {
      this.problem = toProblem(failure);
      throw failure;
    } finally {
      this.uploading = undefined;
      changed();
    }
  }

  private send(maxBytes: number): Promise<Image> {
    const file = this.file ?? new Blob();
    if (file.size > maxBytes) {
      return Promise.reject(
        new ApiError(413, {
          message: `${this.name} has ${file.size} bytes, at most ${maxBytes} are allowed`,
          type: "invalid_request_error",
          param: "image",
        }),
      );
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
