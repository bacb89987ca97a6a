// SPDX-License-Identifier: Apache-2.0
// Loaded when somebody asks for it.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Image } from "#proto/owlmesh/chat/v1/chat";
import { getAttention, imageUrl } from "../api";
import { Attention, type Layer } from "../attention";
import { type Problem, toProblem } from "../errors";
import { t } from "../language";
import { Notice } from "./Notice";

/** A picture as the model sees it, lit where the queries of its connector look. */
export function AttentionView({ image, question, model }: { image: Image; question: string; model: string }) {
  const [attention, setAttention] = useState<Attention>();
  const [problem, setProblem] = useState<Problem>();
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    // Of the picture before, or of the attempt before, nothing is shown any more.
    const asked = new AbortController();
    setAttention(undefined);
    setProblem(undefined);
    getAttention(image.sha256, question, model, asked.signal)
      .then((response) => {
        if (!asked.signal.aborted) {
          setAttention(Attention.of(response));
        }
      })
      .catch((failure: unknown) => {
        if (!asked.signal.aborted) {
          setProblem(toProblem(failure));
        }
      });
    return () => asked.abort();
  }, [image.sha256, question, model, attempt]);
  if (problem !== undefined) {
    return <Notice problem={problem} retry={problem.retryable ? () => setAttempt(attempt + 1) : undefined} />;
  }
  if (attention === undefined) {
    return (
      <p class="progress">
        <span class="pulse" aria-hidden="true" />
        {t("Looking at the picture")}
      </p>
    );
  }
  if (attention.queries === 0) {
    return (
      <div class="attention">
        <Seen image={image} attention={attention} />
        <p class="attention-note">
          {t("This model's connector has no queries: it hands on every patch of a picture, and looks nowhere more.")}
        </p>
      </div>
    );
  }
  return <Maps image={image} attention={attention} />;
}

/** The picture as the model sees it, where the mesh tells; something may lie over it. */
function Seen({ image, attention, children }: { image: Image; attention: Attention; children?: ComponentChildren }) {
  const { picture } = attention;
  const [ratio, setRatio] = useState(picture === undefined ? image.width / image.height : 1);
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (picture !== undefined) {
      canvas.current!.getContext("2d")!.putImageData(picture, 0, 0);
    }
  }, [picture]);
  return (
    <div class="attention-picture">
      <div style={{ aspectRatio: String(ratio), "--ratio": String(ratio) }}>
        {picture === undefined ? (
          <img
            class={image.width <= 128 ? "small" : ""}
            src={imageUrl(image)}
            alt=""
            onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => setRatio(naturalWidth / naturalHeight)}
          />
        ) : (
          <canvas
            ref={canvas}
            role="img"
            width={picture.width}
            height={picture.height}
            aria-label={t("As the model sees it: {side} by {side} pixels", { side: picture.width })}
          />
        )}
        {children}
      </div>
    </div>
  );
}

function Maps({ image, attention }: { image: Image; attention: Attention }) {
  const id = useId();
  const [layer, setLayer] = useState<Layer | "none">("last");
  const [query, setQuery] = useState(0);
  const who = query === 0 ? t("All queries") : t("Query {n}", { n: query });
  return (
    <div class="attention">
      <form class="attention-settings">
        <label for={`${id}-layer`}>{t("Layer")}</label>
        <select
          id={`${id}-layer`}
          value={layer}
          onChange={(event) => setLayer(event.currentTarget.value as Layer | "none")}
        >
          <option value="first">{t("first")}</option>
          <option value="last">{t("last")}</option>
          <option value="none">{t("none, the picture alone")}</option>
        </select>
        <label for={`${id}-query`}>{who}</label>
        <input
          id={`${id}-query`}
          type="range"
          min={0}
          max={attention.queries}
          value={query}
          aria-valuetext={who}
          onInput={(event) => setQuery(Number(event.currentTarget.value))}
          // The arrows are for the queries here, not for the next picture.
          onKeyDown={(event) => event.stopPropagation()}
        />
      </form>
      <Seen image={image} attention={attention}>
        {layer !== "none" && <Veil attention={attention} layer={layer} query={query} who={who} />}
      </Seen>
      <p class="attention-note">
        {t(
          attention.readsQuestion
            ? "Light falls where the connector's queries look. In this model that depends on the question."
            : "Light falls where the connector's queries look. They do not read the question, so the maps do not depend on it.",
        )}
      </p>
    </div>
  );
}

interface VeilProps {
  attention: Attention;
  layer: Layer;
  query: number;
  /** Names the queries. */
  who: string;
}

/** Covers a picture where nobody looks. */
function Veil({ attention, layer, query, who }: VeilProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const map = attention.map(layer, query);
  const { row, column } = attention.strongest(map);
  useEffect(() => veil(canvas.current!, map), [layer, query, attention]);
  return (
    <canvas
      ref={canvas}
      class="veil"
      role="img"
      width={attention.columns}
      height={attention.rows}
      aria-label={t("{who}: strongest in row {row} of {rows}, column {column} of {columns}", {
        who,
        row,
        rows: attention.rows,
        column,
        columns: attention.columns,
      })}
    />
  );
}

function veil(canvas: HTMLCanvasElement, map: readonly number[]): void {
  const context = canvas.getContext("2d")!;
  const pixels = context.createImageData(canvas.width, canvas.height);
  map.forEach((value, i) => (pixels.data[4 * i + 3] = 216 * (1 - value)));
  context.putImageData(pixels, 0, 0);
}
