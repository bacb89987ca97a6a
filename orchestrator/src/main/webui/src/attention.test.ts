// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { GetAttentionResponse } from "#proto/owlmesh/chat/v1/chat";
import { Attention } from "./attention";

const base64 = (...values: number[]) => btoa(String.fromCharCode(...new Uint8Array(new Float32Array(values).buffer)));

const RESPONSE = {
  queries: 2,
  rows: 1,
  columns: 3,
  firstLayer: base64(0.1, 0.2, 0.4, 0.3, 0, 0),
  lastLayer: base64(0, 0, 0, 0, 0.5, 0.25),
  readsQuestion: false,
  picture: "",
  pictureSide: 0,
};

const read = (given: Partial<typeof RESPONSE> = {}) =>
  Attention.of({ ...RESPONSE, ...given } as unknown as GetAttentionResponse);

const attention = read();

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

test("maps of another size than they say are refused, and a picture of another size is left out", () => {
  expect(() => read({ lastLayer: base64(0, 1) })).toThrow("6 and 2 values, 2 queries of 1 by 3 patches have 6");
  expect(() => read({ firstLayer: btoa("abc") })).toThrow();
  expect(read({ picture: btoa("abc"), pictureSide: 2 }).picture).toBeUndefined();
});
