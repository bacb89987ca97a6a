// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { DescribeResponse } from "#proto/owlmesh/chat/v1/chat";
import { FIELDS, type Field, faultOf, mostOf, usualOf } from "./options";

const field = (key: Field["key"]) => FIELDS.find((each) => each.key === key)!;
const mesh = { context: 400, defaultMaxNewTokens: 96 } as DescribeResponse;

test("what cannot be right is told before the mesh is asked", () => {
  expect(faultOf(field("regex"), "(never closed")).toMatch(/regular expression/i);
  expect(faultOf(field("regex"), "[A-Z]+\\.")).toBeUndefined();
  expect(faultOf(field("jsonSchema"), "{")).toMatch(/JSON/);
  expect(faultOf(field("jsonSchema"), "[1]")).toMatch(/object/);
  expect(faultOf(field("jsonSchema"), '{"type": "string"}')).toBeUndefined();
  expect(faultOf(field("stop"), "(")).toBeUndefined();
  expect(faultOf(field("temperature"), "11", 10)).toBe("A number from 0 to 10.");
  expect(faultOf(field("temperature"), "0.5", 10)).toBeUndefined();
  expect(faultOf(field("maxNewTokens"), "1.5")).toBe("A whole number from 1 to ∞.");
  expect(faultOf(field("seed"), "-1")).toBe("A whole number from 0 to 18446744073709551615.");
  expect(faultOf(field("seed"), "18446744073709551615")).toBeUndefined();
  expect(faultOf(field("seed"), "18446744073709551616")).toContain("whole number");
  expect(faultOf(field("topP"), "0", mostOf(field("topP"), mesh))).toContain("A number from");
  expect(faultOf(field("topK"), "3000000000", mostOf(field("topK"), mesh))).toContain("2147483647");
  expect(faultOf(field("stop"), "x\n".repeat(16))).toBeUndefined();
  expect(faultOf(field("stop"), "x\n".repeat(17))).toContain("At most 16 lines");
  expect(faultOf(field("topK"), " ")).toBeUndefined();
});

test("defaults and limits are those of the model", () => {
  expect(usualOf(field("maxNewTokens"), mesh)).toBe("96");
  expect(usualOf(field("maxNewTokens"), undefined)).toBeUndefined();
  expect(usualOf(field("topP"), mesh)).toBe("1");
  expect(usualOf(field("seed"), mesh)).toBe("random");
  expect(mostOf(field("maxNewTokens"), mesh)).toBe(400);
  expect(mostOf(field("temperature"), mesh)).toBe(10);
});
