// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { Replica, WatchResponse } from "#proto/owlmesh/mesh/v1/mesh";
import { cacheUsed, rate, replicasOf } from "./replicas";

const replica = (given: object) => ({ stage: "STAGE_LLM", address: "a:1", ...given }) as Replica;

test("replicas are told apart by their stage", () => {
  const state = { replicas: [replica({}), replica({ stage: "STAGE_VISION" })] } as unknown as WatchResponse;

  expect(replicasOf(state, "STAGE_LLM")).toHaveLength(1);
  expect(replicasOf(state, "STAGE_ABSTRACTOR")).toHaveLength(0);
});

test("what a cache holds is a share of its blocks", () => {
  expect(cacheUsed(replica({ load: { blocks: 8, freeBlocks: 6 } }))).toBe(25);
  expect(cacheUsed(replica({ load: { blocks: 0, freeBlocks: 0 } }))).toBeUndefined();
  expect(cacheUsed(replica({}))).toBeUndefined();
});

test("rates have few digits", () => {
  expect(rate(123.4)).toBe("123");
  expect(rate(7.25)).toBe("7.3");
});
