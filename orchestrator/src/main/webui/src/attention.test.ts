// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { GetAttentionResponse } from "#proto/owlmesh/chat/v1/chat";
import { Attention } from "./attention";

const base64 = (...values: number[]) => btoa(String.fromCharCode(...new Uint8Array(new Float32Array(values).buffer)));

const attention = Attention.of({
  queries: 2,
  rows: 1,
  columns: 3,
  firstLayer: base64(0.1, 0.2, 0.4, 0.3, 0, 0),
  lastLayer: base64(0, 0, 0, 0, 0.5, 0.25),
  readsQuestion: false,
  picture: "",
  pictureSide: 0,
} as unknown as GetAttentionResponse);

test("a query is shown beside its strongest patch", () => {
  const map = attention.map("first", 1);

  expect(map.map((value) => Math.round(100 * value))).toEqual([25, 50, 100]);
  expect(attention.strongest(map)).toEqual({ row: 1, column: 3 });
});

test("all queries together are their mean", () => {
  expect(attention.map("first", 0).map((value) => Math.round(100 * value))).toEqual([100, 50, 100]);
});

test("a query that looks at no patch shows nothing", () => {
  expect(attention.map("last", 1)).toEqual([0, 0, 0]);
  expect(attention.map("last", 2)).toEqual([0, 1, 0.5]);
});
