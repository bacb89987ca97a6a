// SPDX-License-Identifier: Apache-2.0

/** Longest side of what is made, pixels: more than any vision encoder looks at. */
const MAX_SIDE = 2048;
const QUALITY = 0.9;
/** Each try has this part of the side of the one before. */
const STEP = 0.7;
const TRIES = 6;

/**
 * A picture that is too large, or of a format that only the browser reads, as a JPEG of at most so many bytes.
 * Undefined if the browser cannot read it either.
 */
export async function shrink(file: Blob, maxBytes: number): Promise<Blob | undefined> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return undefined;
  }
  try {
    let side = Math.min(MAX_SIDE, Math.max(bitmap.width, bitmap.height));
    for (let i = 0; i < TRIES; i++, side *= STEP) {
      const smaller = await draw(bitmap, side);
      if (smaller !== undefined && smaller.size <= maxBytes) {
        return smaller;
      }
    }
    return undefined;
  } finally {
    bitmap.close();
  }
}

async function draw(bitmap: ImageBitmap, side: number): Promise<Blob | undefined> {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(bitmap.width * scale)),
    Math.max(1, Math.round(bitmap.height * scale)),
  );
  const context = canvas.getContext("2d");
  if (context === null) {
    return undefined;
  }
  // What is transparent would be black.
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
}
