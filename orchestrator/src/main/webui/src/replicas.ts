// SPDX-License-Identifier: Apache-2.0
import type { Replica, Stage, WatchResponse } from "#proto/owlmesh/mesh/v1/mesh";

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
