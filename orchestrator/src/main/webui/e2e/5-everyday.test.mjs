// SPDX-License-Identifier: Apache-2.0
// What happens to a page that people use every day.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, test } from "node:test";
import { eventually, launchBrowser, PAGE, picture, Site } from "./site.mjs";
import { slowProxy } from "./slow.mjs";

const context = await launchBrowser({ after, afterEach });
const slow = await slowProxy(PAGE, 250);
after(() => slow.close());

/** Begins an answer that takes a while. */
async function longAnswer(address = PAGE) {
  const site = await Site.open(context, address);
  await site.configure({ "Shortest answer": "1500", "Longest answer": "1600" });
  await site.say("What is in the picture?");
  await eventually(async () => (await site.lastAnswer()).length > 8, "some words");
  return site;
}

/** Takes a file or text to the page as the browser does. */
async function give(page, selector, type, { files = [], text = {} }) {
  const given = files.map((name) => [name, readFileSync(picture(name)).toString("base64")]);
  return page.locator(selector).evaluate(
    (target, [event, pictures, texts]) => {
      const data = new DataTransfer();
      for (const [name, base64] of pictures) {
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        data.items.add(new File([bytes], name, { type: "image/png" }));
      }
      for (const [kind, value] of Object.entries(texts)) {
        data.setData(kind, value);
      }
      const init = { bubbles: true, cancelable: true, clipboardData: data, dataTransfer: data };
      const made = event === "paste" ? new ClipboardEvent(event, init) : new DragEvent(event, init);
      return target.dispatchEvent(made);
    },
    [type, given, text],
  );
}

const sessions = async () => (await (await fetch(new URL("api/sessions?pageSize=200", PAGE))).json()).sessions;

test("while an answer comes, the next message is written, and files are taken", async () => {
  const site = await longAnswer();

  await site.message.fill("And then?");
  await give(site.page, "main", "drop", { files: ["sign.png"] });
  await eventually(async () => (await site.attachments.count()) === 1, "the file is kept");
  await site.message.press("Enter");

  assert.equal(await site.message.inputValue(), "And then?");
  await site.button("Stop (Escape)").click();
  await site.answered();
  assert.equal(await site.message.inputValue(), "And then?");
  await site.configure({ "Shortest answer": "" });
  await site.message.press("Enter");
  await eventually(async () => (await site.userMessages.count()) === 2, "the message is taken");
});

test("whoever reads further up stays there when the answer ends", async () => {
  const site = await longAnswer();
  const thread = site.page.getByRole("region", { name: "Messages" });
  await site.page.setViewportSize({ width: 500, height: 400 });
  await eventually(() => thread.evaluate((box) => box.scrollHeight > box.clientHeight + 400), "it scrolls");

  await thread.evaluate((box) => box.scrollTo(0, 0));
  await site.button("Stop (Escape)").click();
  await site.answered();
  await site.message.fill("Something redraws");

  assert.equal(await thread.evaluate((box) => box.scrollTop), 0);
});

test("from far above, a button leads to the end, and the answer is followed again", async () => {
  const site = await longAnswer();
  const thread = site.page.getByRole("region", { name: "Messages" });
  await site.page.setViewportSize({ width: 500, height: 400 });
  await eventually(() => thread.evaluate((box) => box.scrollHeight > 3 * box.clientHeight), "it scrolls");
  assert.equal(await site.button("To the end").count(), 0);
  await thread.evaluate((box) => box.scrollTo(0, 0));

  await site.button("To the end").click();

  await eventually(async () => (await site.button("To the end").count()) === 0, "the end is there");
  const length = (await site.lastAnswer()).length;
  await eventually(async () => (await site.lastAnswer()).length > length, "more words");
  assert.ok(await thread.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 60));
  await site.button("Stop (Escape)").click();
  await site.answered();
});

test("the end stays in sight while an answer comes", async () => {
  const site = await longAnswer();
  const thread = site.page.getByRole("region", { name: "Messages" });
  await site.page.setViewportSize({ width: 500, height: 400 });
  await eventually(() => thread.evaluate((box) => box.scrollHeight > box.clientHeight + 400), "it scrolls");

  assert.ok(await thread.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 60));
  await site.button("Stop (Escape)").click();
  await site.answered();
});

test("a second tab sees the answer of the first, and stops it", async () => {
  const site = await longAnswer();
  const second = new Site(await context.newPage(), PAGE);
  await second.page.goto(site.page.url());
  await second.answers.first().waitFor();

  await second.button("Stop (Escape)").click();

  await second.page.locator(".ending").getByText("Stopped.").waitFor();
  await site.answered();
  await site.page.locator(".ending").getByText("Stopped.").waitFor();
});

test("the form of an edit is as wide as the messages", async () => {
  const site = await Site.open(context);
  await site.ask("What is in the picture?", "cross.png");

  await site.button("Edit message").click();

  const widthOf = async (selector) => (await site.page.locator(selector).boundingBox()).width;
  assert.equal(await widthOf(".editor"), await widthOf(".messages"));
  assert.ok((await widthOf(".editor textarea")) > 500);
});

test("a first message that is refused, and too many pictures, leave no sessions", async () => {
  const before = (await sessions()).length;
  const site = await Site.open(context);
  await site.page.route("**/turns", (route) =>
    route.fulfill({
      status: 400,
      json: { error: { message: "no", type: "t", code: "context_length_exceeded", param: "text" } },
    }),
  );
  await site.say("Long");
  await site.page.getByText("The message is too long for this model.").waitFor();
  await site.page.unroute("**/turns");
  assert.equal(await site.button("Try again").count(), 0);

  const names = Array.from({ length: 18 }, () => "cross.png");
  await site.pick(...names);
  await site.page.getByText("A message may show 16 pictures. Remove 2 of these 18.").waitFor();
  await site.message.press("Enter");
  assert.equal(await site.message.inputValue(), "Long");

  assert.equal((await sessions()).length, before);
  await site.button("Remove cross.png").first().click();
  await site.button("Remove cross.png").first().click();
  assert.equal(await site.page.getByText("A message may show").count(), 0);
});

test("the list shows what other tabs and other people do", async () => {
  const site = await Site.open(context);
  const list = site.page.getByRole("navigation", { name: "Conversations" });
  const second = await Site.open(context);
  await second.ask("Which tab is this?", "cross.png");
  await list.getByText("Which tab is this?").first().waitFor();
  const link = await list.getByRole("link", { name: "Which tab is this?" }).first().getAttribute("href");
  const id = link.replace("#/c/", "");
  await site.page.goto(new URL(link, PAGE).href);
  await site.answers.first().waitFor();

  await fetch(new URL(`api/sessions/${id}`, PAGE), { method: "DELETE" });
  await site.page.evaluate(() => window.dispatchEvent(new Event("focus")));

  await site.page.getByText("This conversation is not there any more.").waitFor();
  assert.equal(await list.locator(`a[href="${link}"]`).count(), 0);
});

test("a dead link leads on to a new conversation", async () => {
  const site = new Site(await context.newPage(), PAGE);
  await site.page.goto(`${PAGE}#/c/00000000-0000-4000-8000-000000000000`);
  await site.page.getByText("This conversation is not there any more.").waitFor();

  await site.button("Dismiss").click();

  assert.notEqual(await site.ask("What is in the picture?", "cross.png"), "");
});

test("a text that was not sent is there when the page is loaded again", async () => {
  const site = await Site.open(context);
  await site.message.fill("What is");

  await site.page.reload();

  await eventually(async () => (await site.message.inputValue()) === "What is", "the text");
  await site.ask("What is in the picture?", "cross.png");
  await site.page.getByRole("link", { name: "New conversation" }).click();
  await site.page.locator(".example").first().waitFor();
  assert.equal(await site.message.inputValue(), "");
});

test("Enter that ends a composition does not send", async () => {
  const site = await Site.open(context);
  await site.message.fill("猫");

  const wasDefault = await site.message.evaluate((field) => {
    const event = new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, keyCode: 229 });
    return field.dispatchEvent(event);
  });

  assert.ok(wasDefault, "the input method has the key");
  assert.equal(await site.message.inputValue(), "猫");
  assert.equal(await site.userMessages.count(), 0);
});

test("text that is pasted with a picture is kept", async () => {
  const site = await Site.open(context);
  await site.message.focus();
  const both = { files: ["sign.png"], text: { "text/plain": "What does it say?" } };

  assert.ok(await give(site.page, "#message", "paste", both), "the text goes where it is pasted");
  assert.ok(!(await give(site.page, "#message", "paste", { files: ["cross.png"] })));

  await eventually(async () => (await site.attachments.count()) === 2, "both pictures");
});

test("a link that is dropped does not take the page away; a field takes it as text", async () => {
  const site = await Site.open(context);
  const link = { text: { "text/uri-list": "http://127.0.0.1/elsewhere" } };

  assert.ok(!(await give(site.page, "main", "dragover", link)));
  assert.ok(!(await give(site.page, "main", "drop", link)));
  assert.ok(await give(site.page, "#message", "drop", link));
});

test("a broken file is told once, and offers nothing that cannot work", async () => {
  const site = await Site.open(context);
  await site.message.fill("What is this?");
  const buffer = readFileSync(picture("cross.png")).subarray(0, 20);
  await site.page
    .locator(".composer input[type=file]")
    .setInputFiles({ name: "half.png", mimeType: "image/png", buffer });
  await site.page.getByText("This file is damaged, or no picture.").waitFor();

  await site.message.press("Enter");

  assert.equal(await site.page.getByRole("alert").count(), 1);
  assert.equal(await site.button("Try again").count(), 0);
  assert.equal(await site.button("Send").getAttribute("aria-disabled"), "true");
  assert.equal(await site.message.inputValue(), "What is this?");
});

test("a note is not lost by a slip, and saving it keeps the focus", async () => {
  const site = await Site.open(context);
  const { page } = site;
  await site.ask("What is in the picture?", "cross.png");
  const flag = page.getByRole("button", { name: /^Flag/ });
  await flag.click();
  await page.getByLabel("Note").fill("Mind this");
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator(".note").waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  await eventually(async () => (await focused()) === "Change the note", "the focus is where the note is changed");

  await flag.click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  assert.equal(await page.locator(".note").innerText(), "Mind this");

  await flag.click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await eventually(async () => (await page.locator(".note").count()) === 0, "no note");
});

test("an expression that cannot be right is told at once, and not kept", async () => {
  const site = await Site.open(context);
  await site.button("Settings").click();
  const dialog = site.page.getByRole("dialog");
  await dialog.getByText("More", { exact: true }).click();
  const field = dialog.getByLabel("Regular expression", { exact: true });

  await field.fill("(never closed");

  await dialog.getByText(/Invalid regular expression/).waitFor();
  await dialog.getByRole("button", { name: "Save" }).click();
  assert.ok(await dialog.isVisible());
  await field.fill("(closed)");
  const longest = dialog.getByLabel("Longest answer", { exact: true });
  assert.match(await longest.getAttribute("placeholder"), /^\d+$/, "the model's own limit");
  await longest.fill("1000000");
  await dialog.getByText(/^A whole number from 1 to \d+\.$/).waitFor();
  await longest.fill("");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
});

test("a form that was cleared is right, and can be saved", async () => {
  const site = await Site.open(context);
  await site.button("Settings").click();
  const dialog = site.page.getByRole("dialog");
  await dialog.getByText("More", { exact: true }).click();
  await dialog.getByLabel("Temperature", { exact: true }).fill("11");
  await dialog.getByLabel("Regular expression", { exact: true }).fill("(never closed");
  await dialog.getByText("A number from 0 to 10.").waitFor();

  await dialog.getByRole("button", { name: "Clear all" }).click();

  assert.equal(await dialog.locator(".fault").count(), 0);
  assert.equal(await dialog.locator(":invalid, [aria-invalid=true]").count(), 0);
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
});

test("each text has the direction of its own language", async () => {
  const site = await Site.open(context);
  await site.ask("ما هذا؟", "cross.png");

  const direction = (locator) => locator.evaluate((element) => getComputedStyle(element).direction);
  assert.equal(await direction(site.userMessages.last().locator(".said")), "rtl");
  assert.equal(await direction(site.answers.last().locator(".said")), "ltr");
});

test("forced colours keep the time bar", async () => {
  const site = await Site.open(context);
  await site.page.emulateMedia({ forcedColors: "active" });
  await site.ask("What is in the picture?", "cross.png");

  const colours = await site.page
    .locator(".part")
    .evaluateAll((parts) => parts.map((part) => getComputedStyle(part).backgroundColor));

  assert.equal(new Set(colours).size, colours.length);
  const health = site.page.locator(".health.well .health-dot");
  assert.equal(await health.evaluate((dot) => getComputedStyle(dot).backgroundColor), "rgb(0, 0, 0)");
  await site.shot("forced-colours");
});

test("all of a conversation is printed, without what cannot be pressed on paper", async () => {
  const site = await Site.open(context);
  for (let i = 0; i < 3; i++) {
    await site.ask(`${i} ${"What is in the picture? ".repeat(60)}`, "cross.png");
  }
  await site.page.emulateMedia({ media: "print" });

  const fits = await site.page.evaluate(() => {
    const last = document.querySelector(".messages > li:last-child").getBoundingClientRect();
    return last.bottom > window.innerHeight && last.bottom <= document.documentElement.scrollHeight;
  });

  assert.ok(fits, "the last message is part of what is printed");
  assert.ok(!(await site.page.locator(".composer").isVisible()));
  const pressed = site.page.locator(":is(.top, .answer) :is(a, button, select, summary):visible");
  assert.deepEqual(await pressed.evaluateAll((all) => all.map((each) => each.outerHTML)), []);
});

test("who chose dark colours sees no light ones before", async () => {
  const site = await Site.open(context);
  await site.page.emulateMedia({ colorScheme: "light" });
  await site.button("Change to dark colours").click();
  const later = await context.newPage();
  // The page's own script never comes: what is seen then is what is seen before it.
  await later.route("**/assets/*.js", (route) => route.abort());

  await later.goto(PAGE);

  assert.equal(await later.evaluate(() => document.documentElement.dataset.theme), "dark");
  assert.equal(
    await later.evaluate(() => getComputedStyle(document.body).backgroundColor),
    await site.page.evaluate(() => getComputedStyle(document.body).backgroundColor),
  );
  await site.button("Change to light colours").click();
});

test("who clicks Send twice has sent once, and stopped nothing", async () => {
  const site = await Site.open(context, slow.address);
  await site.message.fill("What is in the picture?");

  await site.button("Send").dblclick();

  await site.answers.first().waitFor();
  await site.answered();
  assert.equal(await site.answers.count(), 1);
  assert.equal(await site.page.locator(".ending").count(), 0);
});

test("a turn that another tab takes moves nobody who reads further up", async () => {
  const site = await longAnswer();
  await site.page.setViewportSize({ width: 500, height: 400 });
  const second = new Site(await context.newPage(), PAGE);
  await second.page.setViewportSize({ width: 500, height: 400 });
  await second.page.goto(site.page.url());
  await second.answers.first().waitFor();
  const thread = second.page.getByRole("region", { name: "Messages" });
  await eventually(() => thread.evaluate((box) => box.scrollHeight > box.clientHeight + 400), "it scrolls");
  await site.button("Stop (Escape)").click();
  await site.answered();
  await second.answered();
  await thread.evaluate((box) => box.scrollTo(0, 0));

  await site.say("And again?");
  await second.answers.nth(1).waitFor();
  await eventually(async () => (await second.lastAnswer()).length > 8, "some words");

  assert.equal(await thread.evaluate((box) => box.scrollTop), 0);
  await site.button("Stop (Escape)").click();
  await site.answered();
});

test("in a small window, the examples are read from their heading on", async () => {
  const page = await context.newPage();
  await page.setViewportSize({ width: 360, height: 500 });
  await page.goto(PAGE);
  await page.locator(".example").first().waitFor();

  const thread = page.getByRole("region", { name: "Messages" });
  assert.ok(await thread.evaluate((box) => box.scrollHeight > box.clientHeight), "it scrolls");
  assert.equal(await thread.evaluate((box) => box.scrollTop), 0);
});
