// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, afterEach, test } from "node:test";
import { eventually, launchBrowser, PAGE, Site } from "./site.mjs";

const context = await launchBrowser({ after, afterEach });
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What an accessibility scan finds wrong, each with its place. */
async function wrongs(page) {
  // As the debugger does it: the page itself allows no such script.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
}

for (const colorScheme of ["light", "dark"]) {
  test(`no accessibility rule is broken in ${colorScheme} colours`, async () => {
    const site = await Site.open(context);
    const { page } = site;
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await wrongs(page), []);

    await site.ask("Where is the purple cross?", "two-things.png");
    await site.button("Answer again").click();
    await page.getByText("2 / 2").waitFor();
    await site.answered();
    await site.button("Bad answer").click();
    await page.getByRole("button", { name: "Add a note" }).click();
    await site.pick("sign.png");
    await site.shot(`thread-${colorScheme}`);
    assert.deepEqual(await wrongs(page), []);

    await page.getByText("The way of this answer").click();
    await site.button("Answers side by side").click();
    assert.deepEqual(await wrongs(page), []);
    await site.button("Answer differently").click();
    assert.deepEqual(await wrongs(page), []);
    await page.keyboard.press("Escape");
    await site.button("Answers side by side").click();

    await site.button("Edit message").click();
    assert.deepEqual(await wrongs(page), []);
    await page.keyboard.press("Escape");

    await page.getByLabel("Export").click();
    await site.button("Select conversations").click();
    assert.deepEqual(await wrongs(page), []);
    await site.button("Select conversations").click();
    await site.button("Picture 1 of 1").click();
    await page.getByRole("dialog").waitFor();
    assert.deepEqual(await wrongs(page), []);
    await site.button("What the model looks at").click();
    await page.getByRole("img", { name: /strongest in row/ }).waitFor();
    assert.deepEqual(await wrongs(page), []);
    await page.keyboard.press("Escape");
    const names = Array.from({ length: 17 }, () => "cross.png");
    await site.pick(...names);
    await page.getByText("A message may show").waitFor();
    assert.deepEqual(await wrongs(page), []);

    await site.button("Settings").click();
    await page.getByText("More", { exact: true }).click();
    await site.shot(`settings-${colorScheme}`);
    assert.deepEqual(await wrongs(page), []);
    await page.keyboard.press("Escape");

    await page.getByRole("link", { name: "The mesh is well" }).click();
    await page.locator(".replica").nth(2).waitFor();
    await site.shot(`mesh-${colorScheme}`);
    assert.deepEqual(await wrongs(page), []);
  });
}

test("the colours can be chosen, and the choice stays", async () => {
  const site = await Site.open(context);
  const { page } = site;
  await page.emulateMedia({ colorScheme: "light" });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();

  await site.button("Change to dark colours").click();
  await eventually(async () => (await ground()) !== light, "dark colours");
  await page.reload();

  await site.button("Change to light colours").click();
  await eventually(async () => (await ground()) === light, "light colours");
});

test("everything is reached with the keyboard alone", async () => {
  const site = await Site.open(context);
  const { page } = site;
  const { keyboard } = page;
  const focused = () =>
    page.evaluate(() => {
      const { activeElement: at } = document;
      return at?.getAttribute("aria-label") ?? at?.textContent.trim() ?? "";
    });
  const tabTo = async (name) => {
    for (let i = 0; i < 300; i++) {
      if (name.test(await focused())) {
        const ring = await page.evaluate(
          () =>
            getComputedStyle(document.activeElement).outlineStyle !== "none" ||
            getComputedStyle(document.activeElement.closest(".composer-box")).outlineStyle !==
              "none",
        );
        assert.ok(ring, `${name} shows that it has the focus`);
        return;
      }
      await keyboard.press("Tab");
    }
    assert.fail(`${name} is not reached`);
  };

  await keyboard.press("Tab");
  assert.equal(await focused(), "Skip to the message");
  await keyboard.press("Enter");
  assert.equal(await focused(), "Message");
  await keyboard.type("What colour");
  await keyboard.press("Shift+Enter");
  await keyboard.type("is the sky?");
  assert.equal(await site.message.inputValue(), "What colour\nis the sky?");
  await keyboard.press("Enter");
  await site.answered();
  assert.equal(await focused(), "Message");
  assert.equal(await site.message.inputValue(), "");

  await tabTo(/^New conversation|Conversations/);
  await tabTo(/^Edit message/);
  await keyboard.press("Enter");
  await eventually(async () => (await focused()) === "Edited message", "the editor has the focus");
  await keyboard.press("Escape");
  await eventually(async () => (await focused()) === "Edit message", "the button has it again");
  await tabTo(/^Answer again/);
  await keyboard.press("Enter");
  await page.getByText("2 / 2").waitFor();
  await site.answered();
  await tabTo(/^Previous answer/);
  await keyboard.press("Enter");
  await page.getByText("1 / 2").waitFor();
  assert.equal(await focused(), "Previous answer");
  await tabTo(/^Flag/);
  await keyboard.press("Space");
  await eventually(
    () => page.evaluate(() => document.activeElement?.closest(".note-form") !== null),
    "the note has the focus",
  );
  await keyboard.type("Skies are not its world");
  await tabTo(/^Save/);
  await keyboard.press("Enter");
  await page.getByText("Skies are not its world").waitFor();

  await tabTo(/^Settings/);
  await keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(await focused(), "Settings");
});

test("a phone shows everything without scrolling sideways", async () => {
  const site = await Site.open(context);
  const { page } = site;
  await page.setViewportSize({ width: 360, height: 700 });
  const fits = () =>
    page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
  assert.ok(await fits());
  await site.shot("phone-empty");

  await site.ask(`Where is the purple cross? ${"x".repeat(200)}`, "two-things.png", "sign.png");
  await site.button("Answer again").click();
  await site.answered();
  await site.shot("phone-thread");
  assert.ok(await fits());
  await site.answers.last().getByText("The way of this answer").click();
  await site.page.locator(".waterfall").waitFor();
  assert.ok(await page.locator(".thread").evaluate((thread) => thread.scrollWidth <= thread.clientWidth));
  await site.button("Settings").click();
  await page.getByRole("dialog").waitFor();
  assert.ok(await fits());
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });

  await site.button("Conversations").click();
  await site.shot("phone-list");
  assert.ok(await fits());
  assert.deepEqual(await wrongs(page), []);
  await page.keyboard.press("Escape");
  await eventually(
    () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") === "Conversations"),
    "the focus is where the list was opened",
  );
});

test("on a phone the language and the colours are chosen in the list, and the title has room", async () => {
  const site = await Site.open(context);
  const { page } = site;
  await page.setViewportSize({ width: 390, height: 844 });
  assert.ok((await page.getByRole("heading", { name: "OwlMesh" }).boundingBox()).width > 100);
  await site.button("中文").waitFor({ state: "hidden" });

  await site.button("Conversations").click();
  await site.button("中文").click();

  await page.getByRole("navigation", { name: "对话" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("main").getByRole("link", { name: "新对话" }).click();
  await page.getByRole("button", { name: "对话", exact: true }).click();
  await site.button("English").click();
});

test("on a touch screen Enter begins a line, and what is touched is 44 pixels large", async () => {
  const page = await context.newPage();
  const device = await context.newCDPSession(page);
  await device.send("Emulation.setTouchEmulationEnabled", { enabled: true });
  await device.send("Emulation.setEmulatedMedia", { features: [{ name: "pointer", value: "coarse" }] });
  const site = new Site(page, PAGE);
  await page.setViewportSize({ width: 390, height: 800 });
  await page.goto(PAGE);
  await page.locator(".example").first().waitFor();
  await site.pick("cross.png");
  await site.message.fill("What is in");
  await site.message.press("Enter");
  await page.keyboard.type("the picture?");
  assert.equal(await site.message.inputValue(), "What is in\nthe picture?");
  await site.button("Send").click();
  await site.answered();

  const small = await page.locator("button:visible, summary:visible, a:visible, select:visible").evaluateAll((all) =>
    all
      .filter((target) => !target.matches(".skip"))
      .map((target) => [target.ariaLabel ?? target.textContent, target.getBoundingClientRect()])
      .filter(([, { width, height }]) => Math.min(width, height) < 44)
      .map(([name, { width, height }]) => `${name} ${width} x ${height}`),
  );

  assert.deepEqual(small, []);
});

test("the page speaks Chinese, all of it, and keeps the choice", async () => {
  const site = await Site.open(context);
  const { page } = site;
  await site.ask("What is in the picture?", "cross.png");

  await site.button("中文").click();
  await page.getByRole("button", { name: "重新回答" }).waitFor();
  await page.reload();
  await page.getByRole("button", { name: "重新回答" }).waitFor();
  await page.getByRole("button", { name: "设置" }).click();
  await page.getByText("更多", { exact: true }).click();
  await site.shot("chinese");

  assert.equal(await page.evaluate(() => document.documentElement.lang), "zh");
  const english = await page.locator("button, summary, a.button, label, small, [aria-label], [placeholder]").evaluateAll((all) =>
    all
      .flatMap((each) => [each.ariaLabel, each.placeholder, each.children.length === 0 ? each.textContent : ""])
      .filter((text) => /[a-z]{3}/i.test(text ?? "") && !/[\u4e00-\u9fff]/.test(text)),
  );
  const names = ["English", "instruct", "Top p", "Top k", "Min p"];
  assert.deepEqual([...new Set(english)].filter((text) => !names.includes(text)), []);
  assert.deepEqual(await wrongs(page), []);
  await page.keyboard.press("Escape");
  await site.button("English").click();
  await site.button("Answer again").waitFor();
});
