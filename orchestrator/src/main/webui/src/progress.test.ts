// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { StageDone } from "#proto/owlmesh/chat/v1/chat";
import { Progress } from "./progress";

const vision = (imageIndex: number): StageDone => ({ stage: "STAGE_VISION", imageIndex, cached: false });
const abstractor = (imageIndex: number): StageDone => ({
  stage: "STAGE_ABSTRACTOR",
  imageIndex,
  cached: false,
});

test("a picture is looked at, condensed, and then the prompt is read", () => {
  const progress = new Progress(1);
  expect(progress.status()).toBe("Looking at the picture");
  progress.stage(vision(0));
  expect(progress.status()).toBe("Condensing");
  progress.stage(abstractor(0));
  expect(progress.status()).toBe("Reading");
});

test("several pictures are counted", () => {
  const progress = new Progress(3);
  expect(progress.status()).toBe("Looking at the pictures");
  progress.stage(vision(0));
  progress.stage(abstractor(0));
  expect(progress.status()).toBe("Looking at the pictures, 1 of 3 done");
});

test("pictures that were left out of a long conversation are not waited for", () => {
  const progress = new Progress(3);
  for (const index of [1, 2]) {
    progress.stage(vision(index));
    progress.stage(abstractor(index));
  }
  expect(progress.status()).toBe("Reading");
});

test("without pictures it only reads", () => {
  expect(new Progress(0).status()).toBe("Reading");
});
