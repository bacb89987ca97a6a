// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef } from "preact/hooks";
import type { Image } from "#proto/owlmesh/chat/v1/chat";
import { imageUrl } from "../api";
import { t } from "../language";
import { IconButton } from "./Icon";

interface Props {
  images: readonly Image[];
  first: number;
  moved: (to: number) => void;
  onClose: () => void;
}

/** The pictures of a message one by one, as large as the window. */
export function Lightbox({ images, first, moved, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const image = images[first];
  if (image === undefined) {
    return null;
  }
  const move = (step: number) => {
    if (images[first + step] !== undefined) {
      moved(first + step);
    }
  };
  return (
    <dialog
      ref={dialog}
      class="lightbox"
      aria-label={t("Picture {n} of {all}", { n: first + 1, all: images.length })}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
      onKeyDown={(event) => {
        if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
          move(event.key === "ArrowLeft" ? -1 : 1);
        }
      }}
    >
      <div class="lightbox-head">
        {images.length > 1 && (
          <>
            <IconButton icon="left" label={t("Previous picture")} idle={first === 0} onClick={() => move(-1)} />
            <span aria-live="polite">
              {first + 1} / {images.length}
            </span>
            <IconButton
              icon="right"
              label={t("Next picture")}
              idle={first === images.length - 1}
              onClick={() => move(1)}
            />
          </>
        )}
        <a class="button" href={imageUrl(image)} target="_blank" rel="noreferrer">
          {t("Open in a new tab")}
        </a>
        <IconButton icon="close" label={t("Close")} onClick={() => dialog.current?.close()} />
      </div>
      <img
        class={image.width <= 128 ? "small" : ""}
        src={imageUrl(image)}
        alt={t("{width} by {height} pixels", { width: image.width, height: image.height })}
      />
    </dialog>
  );
}
