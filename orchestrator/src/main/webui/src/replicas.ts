// SPDX-License-Identifier: Apache-2.0
import type { ConditionReason, Replica, Stage, WatchResponse } from "#proto/owlmesh/mesh/v1/mesh";
import { type Text, t } from "./language";

export const STAGES = ["STAGE_VISION", "STAGE_ABSTRACTOR", "STAGE_LLM"] as const satisfies readonly Stage[];

/** The replicas of one stage, by address. */
export function replicasOf(state: WatchResponse, stage: Stage): Replica[] {
  return state.replicas.filter((replica) => replica.stage === stage);
}

/** What of a key/value cache is in use, percent; undefined for what has none. */
export function cacheUsed({ load }: Replica): number | undefined {
  return load === undefined || load.blocks === 0
    ? undefined
    : Math.round((100 * (load.blocks - load.freeBlocks)) / load.blocks);
}

/** A rate in few digits. */
export function rate(perSecond: number): string {
  return perSecond >= 10 ? String(Math.round(perSecond)) : perSecond.toFixed(1);
}

const REASONS: Partial<Record<ConditionReason, Text>> = {
  CONDITION_REASON_NOT_LISTED: "Its address is not listed any more.",
  CONDITION_REASON_TAKEN_OUT: "It was taken out by hand.",
  CONDITION_REASON_REFUSES_WORK: "It takes no new work.",
  CONDITION_REASON_NOT_HEARD: "It has not answered yet.",
  CONDITION_REASON_NOT_READY: "It loads, and is not ready yet.",
  CONDITION_REASON_WORSE: "It failed, or was slow beside the others.",
  CONDITION_REASON_OTHER_WEIGHTS: "Its weights are not those in use.",
  CONDITION_REASON_NO_ANSWER: "Nothing answers at its address.",
  CONDITION_REASON_SILENT: "It is connected, but sends no answer.",
  CONDITION_REASON_UNUSABLE: "What it tells of itself cannot be used.",
};

/** Why a replica takes no work, in the language of the page; nothing while it does. */
export function reasonOf({ reasonCode, reason }: Replica): string | undefined {
  const known = REASONS[reasonCode];
  return known === undefined ? reason || undefined : t(known);
}

/** Why a replica was chosen for a piece of work, in words that the mesh keeps the same. */
const CHOICES: Record<string, Text> = {
  "cached beginning": "its cache has the beginning",
  "least time": "soonest expected",
  "next best": "next best, the best one has its share",
  "least outstanding": "least work",
  "best of two": "less work of two",
  "round robin": "by turns",
  hash: "by the prompt's hash",
  "hash, over bound": "next by the prompt's hash",
};

/** Why a replica was chosen, in the language of the page if it knows the word. */
export function choiceOf(reason: string): string {
  const known = CHOICES[reason];
  return known === undefined ? reason : t(known);
}
