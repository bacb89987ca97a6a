// SPDX-License-Identifier: Apache-2.0
import type { AnswerDone, AnswerSpan } from "#proto/owlmesh/chat/v1/chat";
import type { SegmentName } from "./timebar";

/** A stretch of time, microseconds after the request. */
export interface Stretch {
  name: SegmentName;
  from: number;
  to: number;
}

/** One row of the waterfall: a span, and what its stage told of itself. The rest of it are hops. */
export interface JourneyRow {
  name: "vision" | "abstractor" | "prefill" | "decode";
  /** Of vision and abstractor: the picture's number in the conversation, from 1. */
  picture: number | undefined;
  from: number;
  to: number;
  parts: Stretch[];
  /** Serialising, sending, scheduling between processes. */
  hops: number;
  batch: number;
  replica: string;
  reason: string;
}

const NAMES = {
  SPAN_PHASE_VISION: "vision",
  SPAN_PHASE_ABSTRACTOR: "abstractor",
  SPAN_PHASE_PREFILL: "prefill",
  SPAN_PHASE_DECODE: "decode",
} as const;

/** The way of an answer through the mesh; empty if nothing is known of it, as of answers of earlier versions. */
export function journeyRows(answer: AnswerDone): JourneyRow[] {
  return (answer.spans ?? []).flatMap((span) => {
    const name = NAMES[span.phase as keyof typeof NAMES];
    return name === undefined ? [] : [row(span, name)];
  });
}

/**
 * When parts of a span were is not told, only how long they took: waiting comes before opening, and that before the
 * engine; hops are half before and half behind.
 */
function row(span: AnswerSpan, name: JourneyRow["name"]): JourneyRow {
  const from = Number(span.startMicros);
  const to = Math.max(Number(span.endMicros), from);
  const told: [SegmentName, number][] = [
    ["queue", Number(span.queueMicros)],
    ["prepare", Number(span.prepareMicros)],
    [name, Number(span.computeMicros)],
  ];
  const sum = told.reduce((all, [, micros]) => all + micros, 0);
  const hops = Math.max(to - from - sum, 0);
  let at = from + hops / 2;
  const parts: Stretch[] = [];
  for (const [part, micros] of told) {
    const end = Math.min(at + micros, to);
    if (end > at) {
      parts.push({ name: part, from: at, to: end });
    }
    at = end;
  }
  const hasPicture = name === "vision" || name === "abstractor";
  return {
    name,
    picture: hasPicture ? span.imageIndex + 1 : undefined,
    from,
    to,
    parts,
    hops,
    batch: span.batchSize,
    replica: span.replica,
    reason: span.reason,
  };
}
