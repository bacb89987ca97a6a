// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";
import type { AnswerDone } from "#proto/owlmesh/chat/v1/chat";
import { type JourneyRow, journeyRows } from "../journey";
import { t } from "../language";
import { FIELDS, formatOption } from "../options";
import { choiceOf } from "../replicas";
import type { Store } from "../store";
import { formatDuration } from "../timebar";
import { CopyButton } from "./CopyButton";
import { SEGMENT_LABELS } from "./TimeBar";

/** The way of an answer through the mesh: when each part of it was where, and what made it. Drawn when it is opened. */
export function Journey({ store, answer }: { store: Store; answer: AnswerDone }) {
  const [open, setOpen] = useState(false);
  const rows = journeyRows(answer);
  const made = whatMadeIt(store, answer);
  if (rows.length === 0 && made.length === 0 && answer.traceId === "") {
    return null;
  }
  return (
    <details class="journey" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("The way of this answer")}</summary>
      {open && rows.length > 0 && answer.timings !== undefined && (
        <Waterfall
          rows={rows}
          total={Number(answer.timings.totalMicros)}
          first={Number(answer.timings.firstTokenMicros)}
        />
      )}
      {made.length > 0 && (
        <p class="facts">
          {t("Made with")} <bdi>{made.join(" · ")}</bdi>
        </p>
      )}
      {answer.traceId !== "" && (
        <p class="facts trace">
          {t("Trace")} <code>{answer.traceId}</code>
          <CopyButton store={store} text={answer.traceId} label={t("Copy the trace's id")} />
        </p>
      )}
    </details>
  );
}

/** Options that were not left at their defaults. */
export function whatMadeIt(store: Store, answer: AnswerDone): string[] {
  const { options } = answer;
  if (options === undefined) {
    return [];
  }
  const named = FIELDS.flatMap((field) => {
    const value = formatOption(field, options);
    return value === "" ? [] : [`${t(field.label)} ${value.replaceAll("\n", " | ")}`];
  });
  const hasAdapters = (store.mesh.value?.adapters.length ?? 0) > 0;
  if (options.adapter === undefined || (options.adapter === "" && !hasAdapters)) {
    return named;
  }
  return [options.adapter === "" ? t("Base model alone") : `${t("Adapter")} ${options.adapter}`, ...named];
}

function Waterfall({ rows, total, first }: { rows: readonly JourneyRow[]; total: number; first: number }) {
  const whole = Math.max(total, ...rows.map((row) => row.to), 1);
  const percent = (micros: number) => `${(100 * micros) / whole}%`;
  return (
    <div class="waterfall" tabIndex={0} role="region" aria-label={t("The way of this answer")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("Part")}</th>
            <th scope="col" class="lane">
              {t("0 to {time}", { time: formatDuration(whole) })}
            </th>
            <th scope="col">{t("Begins")}</th>
            <th scope="col">{t("Takes")}</th>
            <th scope="col">{t("Of it")}</th>
            <th scope="col">{t("Where, and why there")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              <th scope="row">{rowName(row)}</th>
              <td class="lane">
                <div class="lane-box" aria-hidden="true">
                  <span class="span hops" style={{ insetInlineStart: percent(row.from), width: percent(row.to - row.from) }} />
                  {row.parts.map((part) => (
                    <span
                      key={part.name}
                      class={`span ${part.name}`}
                      title={`${t(SEGMENT_LABELS[part.name])} ${formatDuration(part.to - part.from)}`}
                      style={{ insetInlineStart: percent(part.from), width: percent(part.to - part.from) }}
                    />
                  ))}
                  <span class="first-token" style={{ insetInlineStart: percent(first) }} />
                </div>
              </td>
              <td class="number">{formatDuration(row.from)}</td>
              <td class="number">{formatDuration(row.to - row.from)}</td>
              <td>{inside(row)}</td>
              <td>
                {row.replica !== "" && <code>{row.replica}</code>} {choiceOf(row.reason)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="facts">{t("The line is the first token, after {time}.", { time: formatDuration(first) })}</p>
    </div>
  );
}

function rowName(row: JourneyRow): string {
  const name = t(SEGMENT_LABELS[row.name]);
  return row.picture === undefined ? name : t("{stage}, picture {n}", { stage: name, n: row.picture });
}

/** The parts of a row in words. */
function inside(row: JourneyRow): string {
  const parts = row.parts.map((part) => `${t(SEGMENT_LABELS[part.name])} ${formatDuration(part.to - part.from)}`);
  if (row.batch > 1) {
    parts.push(t("batch of {n}", { n: row.batch }));
  }
  if (row.hops > 0) {
    parts.push(`${t("hops")} ${formatDuration(row.hops)}`);
  }
  return parts.join(", ");
}
