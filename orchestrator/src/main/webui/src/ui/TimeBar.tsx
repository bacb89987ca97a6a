// SPDX-License-Identifier: Apache-2.0
import type { AnswerDone } from "#proto/owlmesh/chat/v1/chat";
import { facts, type Part, parts, time } from "../timebar";

const WORDS: Record<Part["name"], string> = {
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
  const shown = answer.timings === undefined ? [] : parts(answer.timings);
  const told = shown.map((part) => `${WORDS[part.name]} ${time(part.micros)}`).join(", ");
  return (
    <div class="times">
      {shown.length > 0 && (
        <>
          <div class="bar" role="img" aria-label={`Where the time went: ${told}`}>
            {shown.map((part) => (
              <span
                key={part.name}
                class={`part ${part.name}`}
                title={`${WORDS[part.name]} ${time(part.micros)}`}
                style={{ flexGrow: part.share }}
              />
            ))}
          </div>
          {/* The bar's own words say the same. */}
          <ul class="legend" aria-hidden="true">
            {shown.map((part) => (
              <li key={part.name}>
                <span class={`dot ${part.name}`} />
                {WORDS[part.name]} <span class="number">{time(part.micros)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      <p class="facts">{facts(answer).join(" · ")}</p>
    </div>
  );
}
