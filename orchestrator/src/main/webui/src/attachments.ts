// SPDX-License-Identifier: Apache-2.0
import { signal } from "@preact/signals";
import type { Image } from "#proto/owlmesh/chat/v1/chat";
import * as api from "./api";
import { ApiError, type Problem, toProblem, UnreadableFileError } from "./errors";
import { shrink } from "./shrink";

/** What the mesh reads. */
const READ: ReadonlySet<string> = new Set(["image/jpeg", "image/png", "image/gif", "image/bmp", "image/webp"]);
/** What the mesh refuses of a picture that may do once the browser has made it smaller, or another format. */
const SHRINKABLE: ReadonlySet<string> = new Set(["image_too_large", "image_unsupported", "request_too_large"]);

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
    try {
      if (file.size > maxBytes) {
        throw tooLarge(this.name, file.size, maxBytes);
      }
      // The mesh looks into a file of no known type; what it cannot read need not travel.
      const isForeign = file.type.startsWith("image/") && !READ.has(file.type);
      const smaller = isForeign ? await shrink(file, maxBytes) : undefined;
      return await api.uploadImage(smaller ?? file);
    } catch (failure) {
      if (failure instanceof TypeError && !(await isReadable(file))) {
        throw new UnreadableFileError(failure.message);
      }
      const smaller = isShrinkable(failure) ? await shrink(file, maxBytes) : undefined;
      if (smaller === undefined) {
        throw failure;
      }
      return api.uploadImage(smaller);
    }
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

function tooLarge(name: string, bytes: number, maxBytes: number): ApiError {
  return new ApiError(413, {
    message: `${name} has ${bytes} bytes, at most ${maxBytes} are allowed`,
    type: "invalid_request_error",
    param: "image",
    code: "image_too_large",
  });
}

/** What cannot be read is to a browser a request that failed. */
function isReadable(file: Blob): Promise<boolean> {
  return file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
}

function isShrinkable(failure: unknown): boolean {
  return failure instanceof ApiError && SHRINKABLE.has(failure.code);
}
