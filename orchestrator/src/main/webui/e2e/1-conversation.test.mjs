// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, test } from "node:test";
import { eventually, launchBrowser, PAGE, picture, Site } from "./site.mjs";

const context = await launchBrowser({ after, afterEach });

/** A list of files as the browser hands it to a page, made in the page. */
function transfer(page, ...names) {
  const files = names.map((name) => [name, readFileSync(picture(name)).toString("base64")]);
  return page.evaluateHandle((given) => {
    const data = new DataTransfer();
    for (const [name, base64] of given) {
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      data.items.add(new File([bytes], name, { type: "image/png" }));
    }
    return data;
  }, files);
}

test("an example is asked with one click, and the answer tells where its time went", async () => {
  const site = await Site.open(context);
  await site.shot("empty");

  await site.button(/Where is the purple cross\?$/).click();

  assert.equal(await site.answered(), "Right of the blue square.");
  assert.equal(await site.userMessages.last().getByRole("img").count(), 1);
  const bar = await site.answers.last().getByRole("img").getAttribute("aria-label");
  for (const part of ["prefill", "decode", "other"]) {
    assert.match(bar, new RegExp(`${part} [0-9.]+ m?s`));
  }
  assert.match(await site.answers.last().locator(".times .facts").innerText(), /\d tokens .* tokens\/s/);
});

test("the examples are those of the model: a chart, two pictures, a follow-up, and one in Chinese", async () => {
  const site = await Site.open(context);
  const examples = site.page.locator(".example");
  for (const question of ["Which bar is the highest?", "In which picture is the white star?", "蓝色星形在哪里？"]) {
    await examples.getByText(question).waitFor();
  }
  assert.equal(await examples.filter({ hasText: "white star" }).getByRole("img").count(), 2);
  assert.equal(await examples.filter({ hasText: "蓝色" }).getAttribute("lang"), "zh");

  await examples.filter({ hasText: "And the other one?" }).click();

  await site.answers.nth(1).waitFor();
  assert.equal(await site.answered(), "Green.");
  assert.deepEqual(await site.answers.locator(".said").allInnerTexts(), ["Orange.", "Green."]);
  assert.deepEqual(await site.userMessages.locator(".said").allInnerTexts(), [
    "What colour is the square?",
    "And the other one?",
  ]);
});

test("several pictures are picked for one message", async () => {
  const site = await Site.open(context);

  const answer = await site.ask("In which picture is the purple cross?", "sign.png", "cross.png");

  assert.match(answer, /^The (first|second)\.$/);
  assert.equal(await site.userMessages.last().getByRole("img").count(), 2);
});

test("a picture is pasted", async () => {
  const site = await Site.open(context);
  const clipboardData = await transfer(site.page, "sign.png");
  await site.message.focus();

  await site.message.evaluate(
    (field, data) =>
      field.dispatchEvent(
        new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }),
      ),
    clipboardData,
  );

  await site.page.getByRole("img", { name: "sign.png" }).waitFor();
  assert.match(await site.ask("What does the sign say?"), /^[A-Z]+\.$/);
});

test("pictures are dropped anywhere", async () => {
  const site = await Site.open(context);
  const dataTransfer = await transfer(site.page, "cross.png", "two-things.png");

  await site.page.dispatchEvent("main", "dragover", { dataTransfer });
  await site.page.getByText("Drop the pictures here").waitFor();
  await site.page.dispatchEvent("main", "drop", { dataTransfer });

  await eventually(async () => (await site.attachments.count()) === 2, "two pictures");
  assert.notEqual(await site.ask("Which picture has more things?"), "");
  assert.equal(await site.userMessages.last().getByRole("img").count(), 2);
  assert.equal(await site.attachments.count(), 0);
});

test("a second turn knows the first, and says what was not computed again", async () => {
  const site = await Site.open(context);
  await site.ask("What is in the picture?", "two-things.png");

  assert.equal(await site.ask("What colour is the square?"), "Blue.");

  const facts = await site.answers.last().locator(".times .facts").innerText();
  assert.match(facts, /1 picture seen before/);
  assert.match(facts, /\d+ of \d+ prompt tokens from cache/);
});

test("reloading keeps the conversation, and its address opens it elsewhere", async () => {
  const site = await Site.open(context);
  await site.ask("What is in the picture?", "two-things.png");
  const answer = await site.ask("What colour is the square?");

  await site.reload();

  assert.equal(await site.userMessages.count(), 2);
  assert.equal(await site.lastAnswer(), answer);
  const other = await context.newPage();
  await other.goto(site.page.url());
  await other.getByRole("article", { name: "Answer" }).nth(1).waitFor();
});

test("an edit keeps the pictures, and the old branch can be reached again", async () => {
  const site = await Site.open(context);
  const { page } = site;
  const first = await site.ask("Where is the purple cross?", "two-things.png");
  await site.button("Edit message").click();
  const editor = page.getByRole("form", { name: "Edit message" });
  await editor.getByRole("img", { name: "Picture 1" }).waitFor();
  assert.equal(await editor.getByLabel("Edited message").inputValue(), "Where is the purple cross?");
  await editor.getByRole("button", { name: "Remove Picture 1" }).click();
  await editor.locator("input[type=file]").setInputFiles(picture("sign.png"));
  await editor.getByRole("img", { name: "sign.png" }).waitFor();

  await editor.getByLabel("Edited message").fill("What does the sign say?");
  await page.keyboard.press("Enter");

  await page.getByText("2 / 2").waitFor();
  const second = await site.answered();
  assert.notEqual(second, first);
  await site.button("Previous version").click();
  await page.getByText("1 / 2").waitFor();
  assert.equal(await site.lastAnswer(), first);
  assert.match(await site.userMessages.last().innerText(), /purple cross/);

  await site.reload();
  await page.getByText("1 / 2").waitFor();
  assert.equal(await site.lastAnswer(), first);
  await site.button("Next version").click();
  await page.getByText("2 / 2").waitFor();
  assert.equal(await site.lastAnswer(), second);
});

test("an answer given again stands beside the old one", async () => {
  const site = await Site.open(context);
  const answer = await site.ask("What is in the picture?", "cross.png");

  await site.button("Answer again").click();
  await site.page.getByText("2 / 2").waitFor();
  assert.equal(await site.answered(), answer);
  await site.button("Previous answer").click();

  await site.page.getByText("1 / 2").waitFor();
  assert.equal(await site.lastAnswer(), answer);
  await site.shot("branches");
});

test("what a person thinks of an answer is kept, with a note", async () => {
  const site = await Site.open(context);
  const { page } = site;
  await site.ask("What is in the picture?", "cross.png");
  const good = site.button("Good answer");
  const flag = page.getByRole("button", { name: /^Flag/ });

  await good.click();
  await page.locator("[aria-pressed=true]").waitFor();
  assert.equal(await good.getAttribute("aria-pressed"), "true");
  await flag.click();
  await page.getByLabel("Note").fill("The cross is not red <b>at all</b>");
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator(".note").waitFor();

  await site.reload();
  assert.equal(await flag.getAttribute("aria-pressed"), "true");
  assert.equal(await good.getAttribute("aria-pressed"), "false");
  assert.equal(await page.locator(".note").innerText(), "The cross is not red <b>at all</b>");
  const told = await (await fetch(new URL("api/feedback?rating=flag", PAGE))).text();
  assert.match(told, /The cross is not red/);

  await flag.click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await eventually(async () => (await page.locator(".note").count()) === 0, "no note");
  await site.reload();
  assert.equal(await page.locator("[aria-pressed=true]").count(), 0);
});

test("an adapter and settings are chosen for a conversation and stay with it", async () => {
  const site = await Site.open(context);
  const adapter = site.page.getByLabel("Adapter");
  assert.deepEqual(await adapter.locator("option").allInnerTexts(), [
    "Default (instruct)",
    "Base model alone",
    "instruct",
  ]);

  await adapter.selectOption("Base model alone");
  await site.configure({ "System sentence": "An owl looks at pictures.", Temperature: "0.5", "Top p": "0.9", "Longest answer": "3", Seed: "18446744073709551615" });
  await site.ask("What is in the picture?", "two-things.png");

  await site.page.getByText("Cut off at the longest answer allowed.").waitFor();
  await site.reload();
  assert.equal(await adapter.inputValue(), "");
  const id = /#\/c\/(.*)/.exec(site.page.url())[1];
  const { session } = await (await fetch(new URL(`api/sessions/${id}`, PAGE))).json();
  assert.equal(session.settings.system, "An owl looks at pictures.");
  const { maxNewTokens, seed, adapter: named, temperature, topP } = session.settings.options;
  assert.deepEqual([maxNewTokens, seed, named, temperature, topP], [3, "18446744073709551615", "", 0.5, 0.9]);
  await site.button("Settings").click();
  assert.equal(await site.page.getByLabel("Top p", { exact: true }).inputValue(), "0.9");
});

test("conversations are renamed, deleted and listed page by page", async () => {
  for (let i = 0; i < 35; i++) {
    await fetch(new URL("api/sessions", PAGE), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ title: `Old ${i}` }),
    });
  }
  const site = await Site.open(context);
  const list = site.page.getByRole("navigation", { name: "Conversations" });
  await eventually(async () => (await list.getByRole("listitem").count()) === 30, "one page");
  await list.getByRole("button", { name: "Load more" }).click();
  await eventually(async () => (await list.getByRole("listitem").count()) > 35, "more of them");
  await site.ask("What is in the picture?", "cross.png");
  const entry = list.getByRole("listitem").first();
  await eventually(async () => /What is in/.test(await entry.innerText()), "the new one first");

  await entry.hover();
  await entry.getByRole("button", { name: /^Rename/ }).click();
  await site.page.getByLabel("New title").fill("The purple <i>cross</i>");
  await site.page.keyboard.press("Enter");
  await site.page.getByRole("heading", { name: "The purple <i>cross</i>" }).waitFor();

  await entry.getByRole("button", { name: /^Delete/ }).click();
  await site.page.getByRole("heading", { name: "OwlMesh" }).waitFor();
  assert.equal(await list.getByText("<i>").count(), 0);
});

test("text of people and of the model is shown as text", async () => {
  const site = await Site.open(context);
  const markup = '<b>owl</b><img src=x onerror="alert(1)">';
  await site.configure({ "Regular expression": '<b>owl</b><img src=x onerror="alert\\(1\\)">' });
  site.page.on("dialog", () => assert.fail("a script ran"));

  assert.equal(await site.ask(markup), markup);

  assert.equal(await site.userMessages.last().locator(".said").innerText(), markup);
  assert.equal(await site.page.locator(".said :is(b, img)").count(), 0);
});

test("messages that the model has no room for are said to be left out", async () => {
  const site = await Site.open(context);
  for (let i = 0; i < 3; i++) {
    await site.ask(`${i} ${"What colour is the large square? ".repeat(70)}`);
  }

  const said = await site.answers.last().innerText();

  assert.match(said, /did not see the first \d+ messages of this conversation/);
});
