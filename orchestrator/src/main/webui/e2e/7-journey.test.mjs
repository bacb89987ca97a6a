// SPDX-License-Identifier: Apache-2.0
// What an answer tells of itself, and how answers compare.
import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { eventually, launchBrowser, Site } from "./site.mjs";

const context = await launchBrowser({ after, afterEach });

/** A picture that no mesh has seen, as a browser makes one. */
async function unseen(page) {
  const bytes = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(64, 64);
    const paint = canvas.getContext("2d");
    const noise = paint.createImageData(64, 64);
    for (let at = 0; at < noise.data.length; at += 16_384) {
      crypto.getRandomValues(noise.data.subarray(at, at + 16_384));
    }
    paint.putImageData(noise, 0, 0);
    return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
  });
  return { name: "noise.png", mimeType: "image/png", buffer: Buffer.from(bytes) };
}

test("an answer shows its way: every part when it was where, and the trace", async () => {
  const site = await Site.open(context);
  await site.page
    .locator(".composer input[type=file]")
    .setInputFiles([await unseen(site.page), await unseen(site.page)]);
  await site.ask("What is in the pictures?");
  const answer = site.answers.last();

  await answer.getByText("The way of this answer").click();

  const rows = answer.locator(".waterfall tbody tr");
  const names = await rows.locator("th").allInnerTexts();
  assert.deepEqual(names.toSorted(), [
    "abstractor, picture 1",
    "abstractor, picture 2",
    "decode",
    "prefill",
    "vision, picture 1",
    "vision, picture 2",
  ]);
  for (const place of await rows.locator("td:last-child").allInnerTexts()) {
    assert.match(place, /^127\.0\.0\.1:\d+ \S/, "a replica, and why it was chosen");
  }
  const boxes = await rows.locator(".hops").evaluateAll((spans) =>
    spans.map((span) => {
      const lane = span.parentElement.getBoundingClientRect();
      const box = span.getBoundingClientRect();
      return [box.left - lane.left, box.right - lane.right];
    }),
  );
  assert.ok(boxes.every(([left, right]) => left >= -1 && right <= 1), "every span lies within the whole");
  const trace = await answer.locator(".trace code").innerText();
  assert.match(trace, /^[0-9a-f]{32}$/);
});

test("what was seen before has no way through vision and abstractor", async () => {
  const site = await Site.open(context);
  await site.ask("What is in the picture?", "cross.png");
  await site.ask("What colour is it?");
  const answer = site.answers.last();

  await answer.getByText("The way of this answer").click();

  assert.deepEqual(await answer.locator(".waterfall tbody th").allInnerTexts(), ["prefill", "decode"]);
});

test("one more answer of other settings stands beside the first, with what made it", async () => {
  const site = await Site.open(context);
  const { page } = site;
  const first = await site.ask("What is in the picture?", "cross.png");

  await site.button("Answer differently").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Longest answer", { exact: true }).fill("2");
  await dialog.getByLabel("Adapter").selectOption("");
  await dialog.getByRole("button", { name: "Answer again" }).click();

  const columns = page.getByRole("list", { name: "Answers side by side" }).getByRole("listitem");
  await eventually(async () => (await columns.count()) === 2, "two answers side by side");
  assert.ok((await columns.first().innerText()).includes(first));
  assert.match(await columns.last().innerText(), /Longest answer 2/);

  await columns.first().getByRole("button", { name: "Go on from this answer" }).click();
  await page.getByText("1 / 2", { exact: true }).last().waitFor();
  await site.button("Answers side by side").click();
  assert.equal(await site.lastAnswer(), first);

  await site.button("Settings").click();
  assert.equal(await page.getByRole("dialog").getByLabel("Longest answer", { exact: true }).inputValue(), "");
});

/** A film of a circle that moves, as a browser makes one. */
async function film(page) {
  const bytes = await page.evaluate(async () => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 96;
    const paint = canvas.getContext("2d");
    const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: "video/webm" });
    const pieces = [];
    recorder.ondataavailable = (event) => pieces.push(event.data);
    recorder.start();
    for (let i = 0; i < 20; i++) {
      paint.fillStyle = "white";
      paint.fillRect(0, 0, 96, 96);
      paint.fillStyle = "red";
      paint.fillRect(4 * i, 40, 16, 16);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await new Promise((resolve) => {
      recorder.onstop = resolve;
      recorder.stop();
    });
    return [...new Uint8Array(await new Blob(pieces).arrayBuffer())];
  });
  return { name: "film.webm", mimeType: "video/webm", buffer: Buffer.from(bytes) };
}

test("frames of a video are pictures of the message", async () => {
  const site = await Site.open(context);
  const { page } = site;

  await page.locator(".composer input[type=file]").setInputFiles(await film(page));

  await eventually(async () => (await site.attachments.count()) === 8, "eight frames");
  assert.match(await site.attachments.first().locator("img").getAttribute("alt"), /^film\.webm \d+\.jpg$/);
  await site.say("What is in the pictures?");
  await site.answers.first().waitFor();
  assert.notEqual(await site.answered(), "");
});

test("a video that cannot be read is refused with a reason", async () => {
  const site = await Site.open(context);
  const broken = { name: "film.mp4", mimeType: "video/mp4", buffer: Buffer.from("no video") };

  await site.page.locator(".composer input[type=file]").setInputFiles(broken);

  await site.page.getByRole("alert").getByText("This file").waitFor();
});
