// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { eventually, launchBrowser, PAGE, Site } from "./site.mjs";
import { slowProxy } from "./slow.mjs";

const context = await launchBrowser({ after, afterEach });
const slow = await slowProxy(PAGE, 250);
after(() => slow.close());

/** A conversation whose answers take the nano owl seconds, too. */
async function longAnswers(address = PAGE) {
  const site = await Site.open(context, address);
  await site.configure({ "Shortest answer": "1500", "Longest answer": "1600" });
  await site.pick("two-things.png");
  await site.say("What is in the picture?");
  await eventually(async () => (await site.lastAnswer()).length > 8, "some words");
  return site;
}

test("while it waits, the page says what the mesh does", async () => {
  const site = await Site.open(context, slow.address);
  await site.page.evaluate(() => {
    window.words = [];
    new MutationObserver(() => {
      const now = document.querySelector(".progress")?.textContent;
      if (now && window.words.at(-1) !== now) {
        window.words.push(now);
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });

  await site.ask("Where is the purple cross?", "two-things.png");

  const words = await site.page.evaluate(() => window.words);
  assert.deepEqual(words.slice(-3), ["Looking at the picture", "Condensing", "Reading"]);
});

test("an answer comes word by word, and is announced in whole sentences", async () => {
  const site = await Site.open(context, slow.address);
  await site.say("What is in the picture?");
  await site.answers.last().locator(".writing").waitFor();

  const answer = await site.answered();

  const log = site.page.getByRole("log");
  assert.equal(await log.getAttribute("aria-live"), "polite");
  await eventually(async () => (await log.innerText()).includes(answer), "the answer is said");
});

test("Escape stops an answer; it is marked and can be given again", async () => {
  const site = await longAnswers();
  await site.shot("streaming");

  await site.page.keyboard.press("Escape");

  const said = await site.answered();
  assert.match(await site.answers.last().innerText(), /Stopped\./);
  await site.reload();
  assert.equal(await site.lastAnswer(), said);
  assert.match(await site.answers.last().innerText(), /Stopped\./);
  await site.configure({ "Shortest answer": "" });
  await site.button("Answer again").click();
  await site.page.getByText("2 / 2").waitFor();
  assert.notEqual(await site.answered(), "");
  assert.doesNotMatch(await site.answers.last().innerText(), /Stopped/);
});

test("the stop button stops an answer, and the next message can be sent", async () => {
  const site = await longAnswers();

  await site.button("Stop (Escape)").click();

  await site.answered();
  await site.configure({ "Shortest answer": "" });
  assert.notEqual(await site.ask("What colour is the square?"), "");
});

test("an answer whose connection breaks goes on where it was", async () => {
  const site = await longAnswers(slow.address);
  const before = await site.lastAnswer();

  slow.cut();

  await eventually(async () => (await site.lastAnswer()).length > before.length + 8, "more words");
  assert.ok((await site.lastAnswer()).startsWith(before));
  await site.button("Stop (Escape)").click();
  const said = await site.answered();
  await site.reload();
  assert.equal(await site.lastAnswer(), said);
});

test("leaving for another conversation does not end an answer", async () => {
  const site = await longAnswers();
  const address = site.page.url();

  await site.page.getByRole("link", { name: "New conversation" }).click();
  await site.page.locator(".example").first().waitFor();
  await site.page.goBack();

  assert.equal(site.page.url(), address);
  await site.answered();
  assert.doesNotMatch(await site.answers.last().innerText(), /Interrupted|Stopped/);
});

test("reloading during an answer shows it as it goes on", async () => {
  const site = await longAnswers();
  const before = await site.lastAnswer();

  await site.reload();

  await eventually(async () => (await site.lastAnswer()).length > before.length + 8, "more words");
  assert.ok((await site.lastAnswer()).startsWith(before));
  await site.answered();
  assert.doesNotMatch(await site.answers.last().innerText(), /Interrupted|Stopped/);
});

test("closing the page does not end an answer", async () => {
  const site = await longAnswers();
  const address = site.page.url();
  await site.page.close();

  const later = new Site(await context.newPage(), PAGE);
  await later.page.goto(address);

  await later.answered();
  assert.doesNotMatch(await later.answers.last().innerText(), /Interrupted|Stopped/);
});
