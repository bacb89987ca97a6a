// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { Replica, WatchResponse } from "#proto/owlmesh/mesh/v1/mesh";
import { choose } from "./language";
import { cacheUsed, choiceOf, rate, reasonOf, replicasOf } from "./replicas";

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

test("why a replica takes no work is told in the language of the page, by its code and not its words", () => {
  const silent = replica({ reasonCode: "CONDITION_REASON_SILENT", reason: "it sent no answer for 2.0 s" });
  expect(reasonOf(silent)).toBe("It is connected, but sends no answer.");
  expect(reasonOf(replica({ reasonCode: "CONDITION_REASON_UNSPECIFIED", reason: "" }))).toBeUndefined();
  // Of a mesh that is newer than the page, the words are all there is.
  expect(reasonOf(replica({ reasonCode: "CONDITION_REASON_NEWER", reason: "it sleeps" }))).toBe("it sleeps");

  choose("zh");
  expect(reasonOf(silent)).toBe("已连接，但没有返回响应。");
  expect(choiceOf("round robin")).toBe("轮流");
  choose("en");
  expect(choiceOf("a newer one")).toBe("a newer one");
});
