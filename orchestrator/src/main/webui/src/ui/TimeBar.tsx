// SPDX-License-Identifier: Apache-2.0
import type { AnswerDone } from "#proto/owlmesh/chat/v1/chat";
import { answerStats, formatDuration, type TimeSegment, timeSegments } from "../timebar";
import { type Text, t } from "../language";

/** What the parts of an answer's time are called. */
export const SEGMENT_LABELS: Record<TimeSegment["name"], Text> = {
  queue: "queue",
  prepare: "opening pictures",
  vision: "vision",
  abstractor: "abstractor",
  prefill: "prefill",
  decode: "decode",
  other: "other",
};

/** Where the time of an answer went, and what it cost. */
export function TimeBar({ answer }: { answer: AnswerDone }) {
  const segments = answer.timings === undefined ? [] : timeSegments(answer.timings);
  const description = segments.map((segment) => `${t(SEGMENT_LABELS[segment.name])} ${formatDuration(segment.micros)}`).join(", ");
  return (
    <div class="times">
      {segments.length > 0 && (
        <>
          <div class="bar" role="img" aria-label={t("Where the time went: {parts}", { parts: description })}>
            {segments.map((segment) => (
              <span
                key={segment.name}
                class={`part ${segment.name}`}
                title={`${t(SEGMENT_LABELS[segment.name])} ${formatDuration(segment.micros)}`}
                style={{ flexGrow: segment.share }}
              />
            ))}
          </div>
          {/* The bar's own words say the same. */}
          <ul class="legend" aria-hidden="true">
            {segments.map((segment) => (
              <li key={segment.name}>
                <span class={`dot ${segment.name}`} />
                {t(SEGMENT_LABELS[segment.name])} <span class="number">{formatDuration(segment.micros)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      <p class="facts">{answerStats(answer).join(" · ")}</p>
    </div>
  );
}
