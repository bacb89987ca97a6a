// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from "preact/hooks";
import type { Image } from "#proto/owlmesh/chat/v1/chat";
import { imageUrl } from "../api";
import { t } from "../language";
import { IconButton } from "./Icon";

interface Props {
  images: readonly Image[];
  /** What is asked of them. */
  question: string;
  /** Which model is asked. */
  model: string;
  first: number;
  moved: (to: number) => void;
  onClose: () => void;
}

/** The pictures of a message one by one, as large as the window. */
export function Lightbox({ images, question, model, first, moved, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [attention, setAttention] = useState(false);
  const [loaded, setLoaded] = useState<typeof import("./AttentionView")>();
  const toggle = () => {
    setAttention(!attention);
    import("./AttentionView").then(setLoaded, () => setAttention(false));
  };
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
        <button type="button" class="button" aria-pressed={attention} onClick={toggle}>
          {t("What the model looks at")}
        </button>
        <a class="button" href={imageUrl(image)} target="_blank" rel="noreferrer">
          {t("Open in a new tab")}
        </a>
        <IconButton icon="close" label={t("Close")} onClick={() => dialog.current?.close()} />
      </div>
      {attention && loaded !== undefined ? (
        <loaded.AttentionView image={image} question={question} model={model} />
      ) : (
        <img
          class={image.width <= 128 ? "small" : ""}
          src={imageUrl(image)}
          alt={t("{width} by {height} pixels", { width: image.width, height: image.height })}
        />
      )}
    </dialog>
  );
}
