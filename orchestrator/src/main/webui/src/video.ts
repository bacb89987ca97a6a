// SPDX-License-Identifier: Apache-2.0

/** So many frames are taken of a video, evenly: the model reads few pictures well. */
const FRAMES = 8;
/** Longest side of a frame, pixels: more than any vision encoder looks at. */
const MAX_SIDE = 1024;
const QUALITY = 0.9;
/** Behind the end of any video, seconds. */
const FAR = 1e7;
/** How long the browser may take to find a frame, milliseconds. */
const PATIENCE = 10_000;

export const isVideo = (file: File) => file.type.startsWith("video/");

/** When frames are taken, seconds: in the middle of equal parts. */
export function frameTimes(duration: number, most: number): number[] {
  const count = Math.max(Math.min(FRAMES, most), 1);
  return Number.isFinite(duration) && duration > 0
    ? Array.from({ length: count }, (_, i) => (duration * (i + 0.5)) / count)
    : [0];
}

/**
 * Pictures of a video, in the order of time, named after it.
 *
 * @param most at most so many
 * @returns none if the browser cannot read it
 */
export async function videoFrames(file: File, most: number): Promise<File[]> {
  const url = URL.createObjectURL(file);
  const video = document.createElement("video");
  video.muted = true;
  video.preload = "auto";
  video.playsInline = true;
  try {
    await happens(video, "loadeddata", () => {
      video.src = url;
    });
    if (!Number.isFinite(video.duration)) {
      // What a browser recorded does not say how long it is; whoever looks for its end knows it then.
      await happens(video, "seeked", () => {
        video.currentTime = FAR;
      });
    }
    const frames: File[] = [];
    for (const [i, time] of frameTimes(video.duration, most).entries()) {
      await happens(video, "seeked", () => {
        video.currentTime = time;
      });
      const frame = await draw(video);
      if (frame !== undefined) {
        frames.push(new File([frame], `${file.name} ${i + 1}.jpg`, { type: frame.type }));
      }
    }
    return frames;
  } catch {
    return [];
  } finally {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(url);
  }
}

function happens(video: HTMLVideoElement, event: "loadeddata" | "seeked", begin: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(new Error("the browser finds no frame")), PATIENCE);
    const end = (failure?: Error) => {
      clearTimeout(timer);
      video.removeEventListener(event, onEvent);
      video.removeEventListener("error", onError);
      if (failure === undefined) {
        resolve();
      } else {
        reject(failure);
      }
    };
    const onEvent = () => end();
    const onError = () => end(new Error("the browser cannot read it"));
    video.addEventListener(event, onEvent);
    video.addEventListener("error", onError);
    begin();
  });
}

async function draw(video: HTMLVideoElement): Promise<Blob | undefined> {
  const { videoWidth: width, videoHeight: height } = video;
  const scale = Math.min(1, MAX_SIDE / Math.max(width, height, 1));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  const context = canvas.getContext("2d");
  context?.drawImage(video, 0, 0, canvas.width, canvas.height);
  return context === null ? undefined : canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
}
