// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { frameTimes } from "./video";

test("frames come from the middle of equal parts", () => {
  expect(frameTimes(8, 16)).toEqual([0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5]);
  expect(frameTimes(4, 2)).toEqual([1, 3]);
});

test("a video of unknown length gives its first frame", () => {
  expect(frameTimes(Number.POSITIVE_INFINITY, 16)).toEqual([0]);
  expect(frameTimes(Number.NaN, 16)).toEqual([0]);
});

test("where there is no room, one frame says so beside the others", () => {
  expect(frameTimes(2, 0)).toEqual([1]);
});
