// SPDX-License-Identifier: Apache-2.0
// What people do with conversations beside having them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, test } from "node:test";
import { eventually, launchBrowser, PAGE, Site } from "./site.mjs";

const context = await launchBrowser({ after, afterEach });
await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: new URL(PAGE).origin });

const list = (site) => site.page.getByRole("navigation", { name: "Conversations" });

/** An answer that the mesh is made to give. */
async function answerOf(site, text) {
  const literal = text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&").replaceAll("\n", "\\n");
  await site.configure({ "Regular expression": literal, "Longest answer": "400" });
  await site.ask("Say it");
}

test("an answer is copied as it was said", async () => {
  const site = await Site.open(context);
  const answer = await site.ask("What is in the picture?", "cross.png");

  await site.button("Copy answer").click();

  await eventually(
    async () => (await site.page.evaluate(() => navigator.clipboard.readText())) === answer,
    "the answer is on the clipboard",
  );
});

test("a conversation is saved as Markdown and as JSON lines", async () => {
  const site = await Site.open(context);
  const answer = await site.ask("What is in the picture?", "cross.png");
  const save = async (name) => {
    await site.page.getByLabel("Export").click();
    const [download] = await Promise.all([site.page.waitForEvent("download"), site.button(name).click()]);
    return [download.suggestedFilename(), readFileSync(await download.path(), "utf8")];
  };

  const [name, markdown] = await save("As Markdown, this branch");
  assert.equal(name, "What-is-in-the-picture.md");
  assert.match(markdown, /^# What is in the picture\?\n\n## You\n\n!\[Picture 1\]\(http/);
  assert.ok(markdown.endsWith(`## Owl\n\n${answer}\n`));

  const [, lines] = await save("As JSON lines, all branches");
  const messages = lines.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(messages.map(({ role, text }) => [role, text]), [["human", "What is in the picture?"], ["ai", answer]]);
  assert.equal(messages[1].parent, messages[0].id);
});

test("conversations are found by what was said in them, and stand under their days", async () => {
  const site = await Site.open(context);
  await site.ask("Where did the zebra go?");
  await list(site).getByRole("heading", { name: "Today" }).waitFor();
  const entries = list(site).getByRole("listitem");

  await site.page.getByRole("searchbox").fill("ZEBRA");

  await eventually(async () => (await entries.count()) === 1, "the one");
  assert.match(await entries.first().innerText(), /zebra/);
  await site.page.getByRole("searchbox").fill("no such word");
  await site.page.getByText("No conversation holds this.").waitFor();
});

test("many conversations are deleted at once, and had back", async () => {
  const name = `Spare ${Date.now()}`;
  for (let i = 0; i < 3; i++) {
    await fetch(new URL("api/sessions", PAGE), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ title: `${name} ${i}` }),
    });
  }
  const site = await Site.open(context);
  const spares = list(site).getByRole("listitem").filter({ hasText: name });
  await eventually(async () => (await spares.count()) === 3, "three");
  const removeTwo = async () => {
    await site.button("Select conversations").click();
    await spares.nth(0).getByRole("checkbox").check();
    await spares.nth(1).getByRole("checkbox").check();
    await site.button("Delete 2 conversations").click();
    await eventually(async () => (await spares.count()) === 1, "one is left");
  };
  const kept = async () => {
    const { sessions } = await (await fetch(new URL("api/sessions?pageSize=200", PAGE))).json();
    return sessions.filter(({ title }) => title.startsWith(name)).length;
  };

  await removeTwo();
  await site.button("Undo").click();
  await eventually(async () => (await spares.count()) === 3, "all are back");
  assert.equal(await kept(), 3);

  await removeTwo();
  await site.page.goto("about:blank");
  await eventually(async () => (await kept()) === 1, "the page that goes away deletes them");
});

test("Markdown is shown as what it says, and HTML as text", async () => {
  const site = await Site.open(context);
  const loaded = [];
  site.page.on("request", (request) => loaded.push(request.url()));
  await site.ask("What is in the picture?", "cross.png");
  assert.equal(loaded.filter((url) => /Markdown/.test(url)).length, 0, "one sentence needs no Markdown");

  await answerOf(site, "# Owls\n\n- **see** at night\n- eat `mice`\n\n<b>bold</b> ![x](http://example.com/x.png)");

  const said = site.answers.last().locator(".said");
  await said.getByRole("heading", { name: "Owls" }).waitFor();
  assert.equal(await said.getByRole("listitem").count(), 2);
  assert.equal(await said.locator("strong").innerText(), "see");
  assert.equal(await said.locator("code").innerText(), "mice");
  assert.equal(await said.locator("b, img").count(), 0);
  assert.match(await said.innerText(), /<b>bold<\/b> !\[x\]/);
  await site.shot("markdown");
});

test("an answer that is hard to take apart is shown as it is, and stops nothing", async () => {
  const site = await Site.open(context);
  await site.ask("What is in the picture?", "cross.png");
  const hard = [`${">".repeat(5000)} owl`, `${"*".repeat(2400)}owl${"*".repeat(2400)}`, `${"*a".repeat(50_000)} owl`];
  let text = "";
  await site.page.route(/\/api\/sessions\/[^/]+$/, async (route) => {
    const response = await route.fetch();
    const told = await response.json();
    return route.fulfill({ response, json: { ...told, messages: told.messages.map((each) => ({ ...each, text })) } });
  });

  for (const each of hard) {
    text = each;
    await site.reload();
    assert.match(await site.lastAnswer(), /owl/);
  }
});

test("a picture that is too large is made smaller in the browser", async () => {
  const site = await Site.open(context);
  const noise = await site.page.evaluate(async () => {
    const canvas = new OffscreenCanvas(300, 200);
    const drawing = canvas.getContext("2d");
    const pixels = drawing.createImageData(300, 200);
    for (let i = 0; i < pixels.data.length; i++) {
      pixels.data[i] = i % 4 === 3 ? 255 : Math.random() * 256;
    }
    drawing.putImageData(pixels, 0, 0);
    return [...new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer())];
  });
  await site.page.route(/\/api\/mesh(\?|$)/, async (route) => {
    const response = await route.fetch();
    return route.fulfill({ response, json: { ...(await response.json()), maxImageBytes: String(noise.length - 1) } });
  });
  await site.page.reload();
  await site.page.locator(".model").waitFor();
  const sent = [];
  site.page.on("request", (request) => {
    if (request.url().endsWith("/api/images")) {
      sent.push(request.headers()["content-type"]);
    }
  });

  await site.page
    .locator(".composer input[type=file]")
    .setInputFiles({ name: "noise.png", mimeType: "image/png", buffer: Buffer.from(noise) });
  await site.page.getByRole("img", { name: "noise.png" }).waitFor();

  assert.notEqual(await site.ask("What is in the picture?"), "");
  assert.deepEqual(sent, ["image/jpeg"]);
});

test("a picture shows where the queries of the model look", async () => {
  const site = await Site.open(context);
  await site.ask("What does the sign say?", "sign.png");
  await site.button("Picture 1 of 1").click();
  await site.page.getByRole("dialog").waitFor();

  await site.button("What the model looks at").click();

  const map = site.page.getByRole("img", { name: /strongest in row/ });
  await map.waitFor();
  assert.match(await map.getAttribute("aria-label"), /^All queries: strongest in row \d+ of \d+, column \d+ of \d+$/);
  await site.shot("attention");
  const pixels = () => map.evaluate((canvas) => canvas.toDataURL());
  const all = await pixels();
  await site.page.getByRole("slider").fill("5");
  await eventually(async () => (await pixels()) !== all, "another map");
  assert.match(await map.getAttribute("aria-label"), /^Query 5:/);
  const last = await pixels();
  await site.page.getByRole("combobox", { name: "Layer" }).selectOption("first");
  await eventually(async () => (await pixels()) !== last, "another layer");
  await site.page.getByRole("combobox", { name: "Layer" }).selectOption("none");
  await map.waitFor({ state: "detached" });
  const seen = site.page.getByRole("img", { name: /^As the model sees it: \d+ by \d+ pixels$/ });
  const colours = await seen.evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(Array.from({ length: data.length / 4 }, (_, i) => data.slice(4 * i, 4 * i + 3).join())).size;
  });
  assert.ok(colours > 1, `the picture is there, of ${colours} colours`);
  assert.ok(await site.page.getByText("the maps do not depend on it").isVisible());
});

test("maps that come late are not shown over another picture", async () => {
  const site = await Site.open(context);
  await site.ask("In which picture is the purple cross?", "sign.png", "cross.png");
  const asked = [];
  let late = () => {};
  await site.page.route("**/attention?*", async (route) => {
    asked.push(route.request().url());
    if (asked.length > 1) {
      return route.continue();
    }
    const response = await route.fetch();
    await new Promise((resolve) => (late = resolve));
    // It was given up, and the browser takes no answer to it.
    return route.fulfill({ response, json: { ...(await response.json()), rows: 1, columns: 1 } }).catch(() => undefined);
  });
  await site.button("Picture 1 of 2").click();
  await site.button("What the model looks at").click();
  await eventually(() => asked.length === 1, "the maps of the first picture are asked for");

  await site.button("Next picture").click();
  const map = site.page.getByRole("img", { name: /strongest in row/ });
  await map.waitFor();
  const shown = await map.getAttribute("aria-label");
  late();
  await site.page.getByRole("slider").focus();

  assert.notEqual(asked[0], asked[1]);
  assert.equal(await map.getAttribute("aria-label"), shown);
});

test("maps that cannot be read are told to be wrong, and are asked for again", async () => {
  const site = await Site.open(context);
  await site.ask("What does the sign say?", "sign.png");
  const broken = async (route) => {
    const response = await route.fetch();
    return route.fulfill({ response, json: { ...(await response.json()), firstLayer: "AAAA" } });
  };
  await site.page.route("**/attention?*", broken);
  await site.button("Picture 1 of 1").click();
  await site.button("What the model looks at").click();
  const dialog = site.page.getByRole("dialog");

  await dialog.getByText("The mesh sent what this page does not understand.").waitFor();
  assert.equal(await dialog.getByText("Looking at the picture").count(), 0);
  await site.page.unroute("**/attention?*", broken);
  await dialog.getByRole("button", { name: "Try again" }).click();

  await dialog.getByRole("img", { name: /strongest in row/ }).waitFor();
});

test("pictures have numbers, and are seen large", async () => {
  const site = await Site.open(context);
  await site.pick("sign.png", "cross.png");
  assert.deepEqual(await site.page.locator(".composer .number-badge").allInnerTexts(), ["1", "2"]);
  await site.ask("In which picture is the purple cross?");

  await site.button("Picture 2 of 2").click();
  const dialog = site.page.getByRole("dialog", { name: "Picture 2 of 2" });
  await dialog.waitFor();
  await site.shot("lightbox");
  await site.page.keyboard.press("ArrowLeft");
  await site.page.getByRole("dialog", { name: "Picture 1 of 2" }).waitFor();
  await site.page.keyboard.press("Escape");

  await site.page.getByRole("dialog").waitFor({ state: "detached" });
  // The dialog is gone before the page is told that it closed, and takes the focus to what was seen last.
  await site.page.waitForFunction(() => document.activeElement?.querySelector("img")?.alt === "Picture 1 of 2");
});
